# SPDX-License-Identifier: Apache-2.0
"""The real servers of a run, started when a topic first wants them, and places on them: topics, a group and ports of
one run's own, so that no run finds what another left."""
import contextlib
import functools
import itertools
import os
import pathlib
import socket
import subprocess
import sys
import time

root = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "tools" / "servers"))

import real_servers  # noqa: E402
from real_servers import kafka_wire  # noqa: E402

from .program import GRACE_S, PATIENCE_S, Program, RunFailed  # noqa: E402

PARTITIONS = range(3)
POLL_S = 0.02
WARM_UP_RECORDS = 2_000_000
BROKER_SETTINGS = {"log.retention.bytes": 2 << 30, "log.segment.bytes": 256 << 20}  # an hour's soak fits on a disk
DATABASE_SETTINGS = {"fsync": "on", "shared_buffers": "512MB", "max_wal_size": "4GB", "track_commit_timestamp": "on"}


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Servers:
    def __init__(self, bin_directory):
        self.bin = bin_directory

    @functools.cached_property
    def kafka(self):
        """Warm: what its virtual machine has not compiled yet would count against whoever runs first."""
        print("  a Kafka broker starts", flush=True)
        server = real_servers.Kafka.start_own(jvm="-Xmx1g -Xms1g", settings=BROKER_SETTINGS)
        topics = ["warm.trades", "warm.book_ticker"]
        with kafka_wire.Broker(server.variables["KAFKA_BROKERS"]) as broker:
            for topic in topics:
                broker.create_topic(topic, len(PARTITIONS))
            Program([self.bin / "bench_fill", server.variables["KAFKA_BROKERS"], *topics, WARM_UP_RECORDS]).end()
            broker.delete_topics(*topics)
        for process in server.broker_processes():
            yield_compilers(process.pid)
        return server

    @functools.cached_property
    def timescale(self):
        print("  a TimescaleDB starts", flush=True)
        server = real_servers.Timescale.start_own(settings=DATABASE_SETTINGS)
        run_sql(server.variables["TIMESCALE_URL"], "-f", root / "deploy" / "sql" / "schema.sql")
        return server

    @property
    def brokers(self):
        return self.kafka.variables["KAFKA_BROKERS"]

    @property
    def database(self):
        return self.timescale.variables["TIMESCALE_URL"]

    def broker(self):
        return kafka_wire.Broker(self.brokers)

    def sql(self, *arguments):
        return run_sql(self.database, *arguments)

    def empty_tables(self):
        self.sql("-c", "truncate trades, book_ticker", "-c", "checkpoint")

    def rows(self):
        return sum(map(int, self.sql("-c", "select count(*) from trades union all select count(*) from book_ticker")))


def yield_compilers(pid):
    """A virtual machine goes on compiling for minutes, milliseconds at a time, on the cores that are measured: that gives
    way to whoever else wants them."""
    for thread in pathlib.Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it ended just now
            if (thread / "comm").read_text().startswith(("C1 Compiler", "C2 Compiler")):
                os.setpriority(os.PRIO_PROCESS, int(thread.name), 19)


def run_sql(url, *arguments):
    ran = subprocess.run(["psql", "-Xqt", "-v", "ON_ERROR_STOP=1", url, *map(str, arguments)], check=False,
                         capture_output=True, text=True)
    if ran.returncode != 0:
        raise RunFailed(f"psql: {ran.stderr.strip()}")
    return ran.stdout.split()


class Place:
    numbers = itertools.count(1)

    def __init__(self, bench, records=None):
        """With `records`, so many wait in its topics."""
        self.bench = bench
        self.name = f"bench{next(Place.numbers)}"
        self.topics = [f"{self.name}.trades", f"{self.name}.book_ticker"]
        self.gaps, self.rejects = f"{self.name}.gaps", f"{self.name}.rejects"
        self.groups = itertools.count(1)
        with bench.servers.broker() as broker:
            for topic in [*self.topics, self.gaps, self.rejects]:
                broker.create_topic(topic, len(PARTITIONS), retention_ms=7 * 24 * 3600 * 1000)
        if records:
            bench.program("bench_fill", bench.servers.brokers, *self.topics, records).end()

    def new_group(self):
        return f"{self.name}-{next(self.groups)}"

    def remove(self):
        with self.bench.servers.broker() as broker:
            broker.delete_topics(*self.topics, self.gaps, self.rejects)

    def stored(self, broker):
        return sum(broker.end_offset(topic, partition) for topic in self.topics for partition in PARTITIONS)

    def committed(self, broker, group):
        try:
            return sum(max(offset, 0) for (topic, _), offset in broker.committed(group).items() if topic in self.topics)
        except kafka_wire.KafkaError:
            return 0

    def wait_until_stored(self, records, program):
        """Returns the moment at which the topics' ends said so."""
        until = time.monotonic() + PATIENCE_S
        with self.bench.servers.broker() as broker:
            while (stored := self.stored(broker)) < records:
                program.note_peak()
                if program.is_over():
                    until = min(until, time.monotonic() + GRACE_S)
                if time.monotonic() > until:
                    raise RunFailed(f"{stored:,} of {records:,} records came into Kafka: {program.words()}")
                time.sleep(POLL_S)
        at = time.monotonic()
        program.note_peak()
        return at

    def must_hold(self, records, program):
        with self.bench.servers.broker() as broker:
            stored = self.stored(broker)
        if stored != records:
            raise RunFailed(f"{stored:,} records stand in Kafka for {records:,} frames: {program.words()}")
