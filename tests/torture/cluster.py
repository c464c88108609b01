# SPDX-License-Identifier: Apache-2.0
"""Kafka and TimescaleDB of one run, behind links that can be cut. They end with this process, however it ends.

The programs under test know the servers by their links. The driver connects to the servers themselves, so that it
sees what is stored while the network is cut.
"""

import os
import signal

from disk import SmallTimescale, have_own_mounts
from pipeline_support import real_servers
from relay import Network

Unavailable = real_servers.Unavailable


class RelayedKafka(real_servers.Kafka):
    """Each broker has a second listener, which it advertises at the port of its link."""

    def create(self, ports, brokers=1, **options):
        self.link_targets = dict(enumerate(ports[2 * brokers:3 * brokers], 1))
        super().create(ports, brokers, **options)

    def add_broker(self, number, port, brokers, jvm, settings, own):
        link, target = self.links[number], self.link_targets[number]
        link.target_port = target
        own = {**own,
               "listeners": f"{own['listeners']},LINK://127.0.0.1:{target}",
               "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port},LINK://127.0.0.1:{link.port}",
               "listener.security.protocol.map": f"{own['listener.security.protocol.map']},LINK:PLAINTEXT",
               "inter.broker.listener.name": "PLAINTEXT",
               "min.insync.replicas": 2 if brokers >= 3 else 1}
        super().add_broker(number, port, brokers, jvm, settings, own)


class Servers:
    def __init__(self, brokers):
        have_own_mounts()
        self.network = network = Network()
        name = f"torture-{os.getpid()}"
        RelayedKafka.links = {number: network.link(f"kafka{number}") for number in range(1, brokers + 1)}
        self.kafka = RelayedKafka.start_own(name=f"{name}-kafka", brokers=brokers)
        self.database = SmallTimescale.start_own(name=f"{name}-timescale")
        self.kafka_links = list(RelayedKafka.links.values())
        self.database_link = network.link("database", self.database.data["port"])
        self.exchange_link = network.link("exchange")

    def relayed_brokers(self):
        return ",".join(f"127.0.0.1:{link.port}" for link in self.kafka_links)

    def relayed(self, url):
        """The same database through its link."""
        return url.replace(f":{self.database.data['port']}/", f":{self.database_link.port}/")

    def signal_database(self, number):
        """The postmaster and its sessions."""
        postmaster = self.database.processes[0]
        if not postmaster.is_alive():
            return
        for pid in (postmaster.pid, *children(postmaster.pid)):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def heal(self):
        for link in (*self.kafka_links, self.database_link, self.exchange_link):
            link.set_mode("pass")
        self.kafka.pause(signal.SIGCONT)
        self.signal_database(signal.SIGCONT)
        self.database.empty()
        self.kafka.restart()
        self.database.restart()

    def close(self):
        for instance in (self.kafka, self.database):
            instance.pause(signal.SIGCONT)
            instance.remove()
        self.network.close()


def children(pid):
    """Ids of the processes that this one has started."""
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                with open(f"/proc/{entry.name}/stat", encoding="ascii", errors="replace") as file:
                    if int(file.read().rpartition(")")[2].split()[1]) == pid:
                        found.append(int(entry.name))
            except OSError:
                continue
    return found
