#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""deploy.py [BUILD_DIR]: deploy/ agrees with graphs/binance.yaml and with itself.

Topics, partitions, retention, ports, processes and the names of variables are the graph's; images have versions; ports
are published on the loopback; both compose files say the same of what they share; what is mounted is there; metrics that
alerts and dashboard ask for are documented. With a build: the image installs the libraries that the build links.
"""
import json
import os
import re
import subprocess
import sys

import tree

try:
    import yaml
except ImportError:
    # Debian's package is there for Debian's Python, which need not be the first one on the path.
    if sys.executable == "/usr/bin/python3" or not os.path.exists("/usr/bin/python3"):
        sys.exit("the gate deploy.py needs Python's yaml module (Debian: python3-yaml)")
    os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])

GRAPH = "graphs/binance.yaml"
COMPOSE = ("deploy/compose.yaml", "deploy/compose.kraft.yaml")
# What the pipeline's first description fixes: service and port of the host.
SERVICES = {"zookeeper": "2181", "kafka": "9092", "kafka-init": None, "kafka-ui": "8080", "timescaledb": "5433"}
METRIC = re.compile(r"\bsluice_[a-z0-9_]+")
MADE = re.compile(r'\b(?:counter|gauge|histogram)\(\s*"([a-z0-9_]+)')
DAY_MS = 24 * 3600 * 1000


class Graph:
    """What the graph says and a deployment must say, too."""

    def __init__(self):
        text = re.sub(r"#.*", "", tree.read(GRAPH))
        nodes = yaml.safe_load(text)
        logs = [node for node in nodes["nodes"].values() if node["type"] == "kafka"]
        self.topics = {node["topic"] for node in logs}
        self.partitions = {len(node["partitions"]) for node in logs if "partitions" in node}
        self.retention_ms = {int(node["retention"][:-1]) * DAY_MS for node in logs if "retention" in node}
        self.ports = {name: process["http"].rsplit(":", 1)[1] for name, process in nodes["processes"].items()}
        self.variables = dict(re.findall(r"\$\{([A-Z_]+):-([^}]*)\}", text))


def port_of(address):
    return re.search(r":(\d+)(?:/|$)", address)[1]


def services_of(path):
    return yaml.safe_load(tree.read(path))["services"]


def published(service):
    """[(interface, port of the host, port of the container)]"""
    return [tuple(port.rsplit(":", 2)) if port.count(":") == 2 else ("", *port.split(":")) for port in service.get("ports", [])]


def in_compose(path, graph):
    services = services_of(path)
    for name, port in SERVICES.items():
        if name == "zookeeper" and "kraft" in path:
            continue
        if name not in services:
            yield f"the service {name} is not there"
        elif port and port not in [host for _, host, _ in published(services[name])]:
            yield f"{name} does not publish {port}"
    for name, service in services.items():
        if not re.search(r":v?\d+\.\d+", service["image"]):
            yield f"{name}: the image {service['image']} has no version"
        for interface, host, _ in published(service):
            if interface != "127.0.0.1":
                yield f"{name}: publishes {host} on more than the loopback"
        if name not in ("kafka-init", "prometheus", "grafana") and "healthcheck" not in service:
            yield f"{name}: has no health check"
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            if source.startswith("./") and not os.path.exists(os.path.join(tree.ROOT, "deploy", source)):
                yield f"{name}: mounts {source}, which is not there"

    wanted = services["kafka-init"]["environment"]
    if set(wanted["TOPICS"].split()) != graph.topics:
        yield f"kafka-init: creates {wanted['TOPICS']}, and {GRAPH} has {' '.join(sorted(graph.topics))}"
    if {wanted["PARTITIONS"]} != graph.partitions:
        yield f"kafka-init: PARTITIONS is {wanted['PARTITIONS']}, and {GRAPH} maps keys to {graph.partitions}"
    if {wanted["RETENTION_MS"]} != graph.retention_ms:
        yield f"kafka-init: RETENTION_MS is {wanted['RETENTION_MS']}, and {GRAPH} has {graph.retention_ms}"

    brokers, database = graph.variables["KAFKA_BROKERS"], graph.variables["TIMESCALE_URL"]
    if f"HOST://{brokers}" not in services["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"].split(","):
        yield f"kafka: does not advertise {brokers}, the default of KAFKA_BROKERS in {GRAPH}"
    if port_of(database) not in [host for _, host, _ in published(services["timescaledb"])]:
        yield f"timescaledb: does not publish the port of {database}, the default of TIMESCALE_URL in {GRAPH}"
    if database.rsplit("/", 1)[1] != services["timescaledb"]["environment"]["POSTGRES_DB"]:
        yield f"timescaledb: POSTGRES_DB is not the database of {database}, the default of TIMESCALE_URL in {GRAPH}"

    for name, port in graph.ports.items():
        service = services.get(name)
        if service is None:
            yield f"the process {name} of {GRAPH} is no service"
            continue
        if service["command"][-2:] != ["--process", name]:
            yield f"{name}: runs {' '.join(service['command'])}, which does not end with --process {name}"
        if published(service) != [("127.0.0.1", port, port)] or service["healthcheck"]["test"][-1] != port:
            yield f"{name}: the port is not {port} in ports and healthcheck, as in {GRAPH}"
        for variable in sorted(set(service["environment"]) - set(graph.variables)):
            yield f"{name}: sets {variable}, which {GRAPH} does not read"


def in_both(graph):
    del graph
    one, other = (services_of(path) for path in COMPOSE)
    for name in sorted((set(one) | set(other)) - {"zookeeper", "kafka"}):
        mine, its = dict(one.get(name, {})), dict(other.get(name, {}))
        if name == "kafka-init":
            mine.pop("image"), its.pop("image")
        if mine != its:
            yield f"{name}: differs from {COMPOSE[0]}"
    if other["kafka-init"]["image"] != other["kafka"]["image"]:
        yield "kafka-init: has another image than kafka"


def in_image(graph):
    text = tree.read("deploy/Dockerfile")
    ports = set(graph.ports.values())
    if set(re.search(r"^EXPOSE (.*)", text, re.MULTILINE)[1].split()) != ports:
        yield f"EXPOSE does not name the ports of {GRAPH}: {' '.join(sorted(ports))}"
    if set(re.findall(r'"(\d+)"', re.search(r"^HEALTHCHECK.*", text, re.MULTILINE)[0])) != ports:
        yield f"HEALTHCHECK does not name the ports of {GRAPH}: {' '.join(sorted(ports))}"


def in_unit(graph):
    for line in tree.read("deploy/systemd/sluice.env.example").splitlines():
        if not line or line.startswith("#"):
            continue
        name, value = line.split("=", 1)
        if name not in graph.variables:
            yield f"sets {name}, which {GRAPH} does not read"
        elif graph.variables[name] != value:
            yield f"{name} is {value}, and the default of {GRAPH} is {graph.variables[name]}"


def in_targets(path, graph):
    groups = yaml.safe_load(tree.read(path))
    found = {group["labels"]["process"]: [port_of(target) for target in group["targets"]] for group in groups}
    wanted = {name: [port] for name, port in graph.ports.items()}
    if found != wanted:
        yield f"scrapes {found}, and {GRAPH} serves {wanted}"


def metrics():
    """The engine's by their documentation, the plugins' by their code."""
    found = set(METRIC.findall(tree.read("docs/metrics.md")))
    for path in tree.tracked("plugins/*.cpp"):
        plugin = path.split("/")[1]
        found |= {f"sluice_{plugin}_{name}" for name in MADE.findall(tree.read(path))}
    return found


def in_queries(path, documented):
    for name in sorted(set(METRIC.findall(tree.read(path)))):
        if re.sub(r"_(bucket|sum|count)$", "", name) not in documented and name not in documented:
            yield f"asks for {name}, which neither docs/metrics.md nor a plugin knows"


def libraries_of(build):
    """Debian's packages of what the program and the plugins name as needed."""
    directory = os.path.join(build, "lib", "sluice")
    # A build for tests also has plugins that are no part of an installation.
    shipped = {os.path.basename(path.rstrip("/")) + ".so" for path in (os.path.dirname(p) for p in tree.tracked("plugins/*/CMakeLists.txt"))}
    files = [os.path.join(directory, name) for name in os.listdir(directory) if name in shipped]
    packages = set()
    for file in [os.path.join(build, "bin", "sluice"), *files]:
        needed = set(re.findall(r"NEEDED.*\[(.*)\]", subprocess.run(["readelf", "-d", file], capture_output=True, text=True).stdout))
        linked = dict(re.findall(r"(\S+) => (\S+)", subprocess.run(["ldd", file], capture_output=True, text=True).stdout))
        for library in needed & set(linked):
            real = os.path.realpath(linked[library])
            for path in (real, real.replace("/usr/lib/", "/lib/", 1)):
                owner = subprocess.run(["dpkg", "-S", path], capture_output=True, text=True)
                if owner.returncode == 0:
                    packages.add(owner.stdout.split(":")[0])
                    break
    return packages - {"libc6", "libgcc-s1", "libstdc++6"}


def main():
    graph = Graph()
    problems = []

    def look(path, found):
        problems.extend(f"{path}: {one}" for one in found)

    for path in COMPOSE:
        look(path, in_compose(path, graph))
    look(COMPOSE[1], in_both(graph))
    look("deploy/Dockerfile", in_image(graph))
    look("deploy/systemd/sluice.env.example", in_unit(graph))
    for path in tree.tracked("deploy/prometheus/targets*.yml"):
        look(path, in_targets(path, graph))
    documented = metrics()
    for path in ("deploy/prometheus/rules.yml", "deploy/grafana/sluice.json"):
        look(path, in_queries(path, documented))
    json.loads(tree.read("deploy/grafana/sluice.json"))
    if len(sys.argv) > 1 and os.path.exists("/usr/bin/dpkg"):
        text = tree.read("deploy/Dockerfile")
        for package in sorted(libraries_of(sys.argv[1])):
            if not re.search(rf"(?<![\w.+-]){re.escape(package)}(?![\w.+-])", text):
                problems.append(f"deploy/Dockerfile: does not install {package}, which the build links")
    tree.finish(problems, f"{len(SERVICES)} services, {len(graph.ports)} processes and {len(graph.topics)} topics agree with {GRAPH}")


main()
