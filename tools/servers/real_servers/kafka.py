# SPDX-License-Identifier: Apache-2.0
"""Kafka from its published jars: one broker or several, with its own controllers (KRaft) or with ZooKeeper.

The jars come by Maven, once, into the cache. Small heaps and the quick compiler: two cores are enough for the tests.
For measurements give `jvm="-Xmx1g"`.
"""

import base64
import pathlib
import re
import shutil
import subprocess
import tempfile
import uuid

from . import kafka_wire
from .instance import Instance
from .places import Unavailable, cache, locked
from .process import Process

VERSION = "3.9.1"
POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>sluice</groupId><artifactId>kafka-for-tests</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{VERSION}</version></dependency>
  </dependencies>
</project>
"""
LOGGING = """log4j.rootLogger=WARN, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d{ISO8601} %p %c{1}: %m%n
"""
SMALL_JVM = "-Xms64m -Xmx384m -XX:+UseSerialGC -XX:TieredStopAtLevel=1"
CLUSTER_ID = "c2x1aWNlLXRlc3RzLTAwMA"


def home():
    return cache() / f"kafka-{VERSION}"


def java():
    found = shutil.which("java")
    if not found:
        raise Unavailable("Kafka needs Java 17: apt-get install openjdk-17-jre-headless")
    said = subprocess.run([found, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', said)
    if not version or int(version.group(1)) < 11:
        raise Unavailable(f"Kafka needs Java 11 or later; {found} says: {said.strip()}")
    return found


def get_jars():
    with locked("kafka"):
        if (home() / "complete").exists():
            return
        if not shutil.which("mvn"):
            raise Unavailable("Kafka's jars come by Maven: apt-get install maven")
        shutil.rmtree(home(), ignore_errors=True)
        home().mkdir()
        (home() / "pom.xml").write_text(POM)
        (home() / "log4j.properties").write_text(LOGGING)
        done = subprocess.run(["mvn", "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={home() / 'libs'}"],
                              cwd=home(), capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            words = (done.stdout + done.stderr)[-1500:]
            raise Unavailable(f"Maven could not get Kafka's jars:\n{words}")
        make_checkpoint()
        (home() / "complete").touch()


def make_checkpoint():
    """The first record of a new cluster's log is the same for all: formatting a directory with Kafka's own tool takes
    seconds, so it is done once."""
    with tempfile.TemporaryDirectory() as scratch:
        properties = pathlib.Path(scratch) / "format.properties"
        properties.write_text(f"process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@127.0.0.1:1\n"
                              f"listeners=CONTROLLER://127.0.0.1:1,PLAINTEXT://127.0.0.1:2\n"
                              f"controller.listener.names=CONTROLLER\nlog.dirs={scratch}/data\n")
        done = subprocess.run([*virtual_machine(SMALL_JVM), "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c",
                               str(properties)], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Unavailable(f"Kafka's data directory could not be made:\n{(done.stdout + done.stderr)[-1500:]}")
        shutil.copy(pathlib.Path(scratch) / "data" / "bootstrap.checkpoint", home())


def virtual_machine(options):
    return [java(), *options.split(), f"-Dlog4j.configuration=file:{home() / 'log4j.properties'}",
            "-Djava.awt.headless=true", "-cp", f"{home() / 'libs'}/*"]


class Kafka(Instance):
    """Brokers that are their own controllers. Processes: broker1, broker2, ..."""

    kind = "kafka"

    @classmethod
    def provide(cls):
        java()
        get_jars()

    def create(self, ports, brokers=1, jvm=SMALL_JVM, settings=None):
        clients, controllers = ports[:brokers], ports[brokers:2 * brokers]
        voters = ",".join(f"{number}@127.0.0.1:{port}" for number, port in enumerate(controllers, 1))
        for number, (port, controller) in enumerate(zip(clients, controllers), 1):
            self.add_broker(number, port, brokers, jvm, settings, {
                "process.roles": "broker,controller",
                "node.id": number,
                "controller.quorum.voters": voters,
                "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
                "controller.listener.names": "CONTROLLER",
                "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
                "broker.heartbeat.interval.ms": 500,
                # A killed broker is let in again only when its session has ended.
                "broker.session.timeout.ms": 3000,
            })
            data = self.directory / f"data{number}"
            directory_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "A", 1)
            (data / "meta.properties").write_text(
                f"version=1\ncluster.id={CLUSTER_ID}\nnode.id={number}\ndirectory.id={directory_id}\n")
            shutil.copy(home() / "bootstrap.checkpoint", data)
        self.announce(clients)

    def announce(self, ports):
        self.data["brokers"] = [f"127.0.0.1:{port}" for port in ports]
        self.variables = {"KAFKA_BROKERS": ",".join(self.data["brokers"])}

    def add_broker(self, number, port, brokers, jvm, settings, own):
        data = self.directory / f"data{number}"
        data.mkdir()
        replicas = min(brokers, 3)
        values = {
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
            "log.dirs": data,
            "auto.create.topics.enable": "false",
            "default.replication.factor": replicas,
            "offsets.topic.num.partitions": 3,
            "offsets.topic.replication.factor": replicas,
            "transaction.state.log.num.partitions": 3,
            "transaction.state.log.replication.factor": replicas,
            "transaction.state.log.min.isr": 1,
            "group.initial.rebalance.delay.ms": 0,
            "num.network.threads": 2,
            "num.io.threads": 4,
            **own,
            **(settings or {}),
        }
        file = self.directory / f"broker{number}.properties"
        file.write_text("".join(f"{key}={value}\n" for key, value in values.items()))
        self.processes.append(Process(f"broker{number}", [*virtual_machine(jvm), "kafka.Kafka", file],
                                      self.directory / f"broker{number}.log"))

    def is_ready(self):
        """Every broker that runs knows all that run, and groups have a coordinator."""
        running = [address for address, process in zip(self.data["brokers"], self.broker_processes())
                   if process.is_alive()]
        try:
            for address in running:
                with kafka_wire.Broker(address, seconds=5) as broker:
                    seen = broker.metadata([])
                    if seen["controller"] < 0 or not set(running) <= set(seen["brokers"].values()):
                        return False
                    broker.coordinator("sluice-tools")
        except (OSError, ConnectionError, kafka_wire.KafkaError):
            return False
        return bool(running)

    def broker_processes(self):
        return [one for one in self.processes if one.name.startswith("broker")]


class KafkaZooKeeper(Kafka):
    """Brokers that are coordinated by ZooKeeper. Processes: zookeeper, broker1, ..."""

    kind = "kafka-zookeeper"

    def create(self, ports, brokers=1, jvm=SMALL_JVM, settings=None):
        clients, keeper = ports[:brokers], ports[brokers]
        file = self.directory / "zookeeper.properties"
        (self.directory / "zookeeper").mkdir()
        file.write_text(f"dataDir={self.directory / 'zookeeper'}\nclientPort={keeper}\nclientPortAddress=127.0.0.1\n"
                        "tickTime=500\nadmin.enableServer=false\nmaxClientCnxns=0\n")
        machine = virtual_machine("-Xms32m -Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1")
        self.processes.append(Process("zookeeper", [*machine, "org.apache.zookeeper.server.quorum.QuorumPeerMain", file],
                                      self.directory / "zookeeper.log"))
        for number, port in enumerate(clients, 1):
            self.add_broker(number, port, brokers, jvm, settings, {
                "broker.id": number,
                "listeners": f"PLAINTEXT://127.0.0.1:{port}",
                "zookeeper.connect": f"127.0.0.1:{keeper}",
                # A killed broker's place is taken again only when its session has ended.
                "zookeeper.session.timeout.ms": 3000,
            })
        self.announce(clients)
