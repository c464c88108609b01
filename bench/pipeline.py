# SPDX-License-Identifier: Apache-2.0
"""The whole pipeline on real servers: Sluice's two processes, the hand-written floors, and the seed's two programs, one
after the other on the same load, in one run. Starts a Kafka broker and a TimescaleDB of its own (tools/servers).

Rates are taken from outside, the same way for all: frames by the ends of the topics' partitions, rows by the group's
committed positions. Processor time is the program's own, user and system, from start to end.
"""
import json
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import time

from programs import Program

here = pathlib.Path(__file__).resolve().parent
root = here.parent
sys.path.insert(0, str(root / "tools" / "servers"))

import real_servers  # noqa: E402
from real_servers import kafka_wire  # noqa: E402

PARTITIONS = range(3)
PATIENCE_S = 600
PACER_WARM_UP_S = 3
WARM_UP_S = 5  # joining the group takes its time
DATABASE_SETTINGS = {"fsync": "on", "shared_buffers": "512MB", "max_wal_size": "4GB", "track_commit_timestamp": "on"}


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def seed_python():
    """The Python of a virtual environment with what the seed's programs need; None where it can't be had."""
    place = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "sluice" / "seed_script"
    wanted = (here / "seed_script" / "requirements.txt").read_text()
    if not (place / "made").exists() or (place / "made").read_text() != wanted:
        try:
            subprocess.run([sys.executable, "-m", "venv", "--clear", place], check=True, capture_output=True)
            subprocess.run([place / "bin" / "pip", "install", "-q", "-r", here / "seed_script" / "requirements.txt"],
                           check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"  SKIPPED: the seed's programs, which need packages that could not be installed: {error}")
            return None
        (place / "made").write_text(wanted)
    return place / "bin" / "python"


class Place:
    """Topics, a group and a graph of one run's own, so that no run finds what another left."""

    count = 0

    def __init__(self, bench, records=None):
        Place.count += 1
        self.bench = bench
        self.topics = [f"bench{Place.count}.trades", f"bench{Place.count}.book_ticker"]
        self.rejects = f"bench{Place.count}.rejects"
        self.ports = [free_port(), free_port()]
        self.groups = 0
        self.receipt = pathlib.Path(bench.directory) / f"receipt{Place.count}.json"
        with kafka_wire.Broker(bench.brokers) as broker:
            for topic in [*self.topics, self.rejects]:
                broker.create_topic(topic, len(PARTITIONS), retention_ms=7 * 24 * 3600 * 1000)
        if records:
            subprocess.run([bench.bin / "bench_fill", bench.brokers, *self.topics, str(records)], check=True,
                           stdout=subprocess.DEVNULL)

    def new_group(self):
        self.groups += 1
        return f"bench{Place.count}-{self.groups}"

    def graph(self, group="binance-buffer"):
        """graphs/binance.yaml with the names of this place."""
        text = (root / "graphs" / "binance.yaml").read_text()
        for old, new in [("topic: binance.trades", f"topic: {self.topics[0]}"),
                         ("topic: binance.book_ticker", f"topic: {self.topics[1]}"),
                         ("topic: binance.rejects", f"topic: {self.rejects}"),
                         ("group: binance-buffer", f"group: {group}"),
                         (":8081", f":{self.ports[0]}"), (":8082", f":{self.ports[1]}")]:
            assert old in text, f"graphs/binance.yaml has no {old}"
            text = text.replace(old, new)
        path = pathlib.Path(self.bench.directory) / f"graph{Place.count}.yaml"
        path.write_text(text)
        return path

    def sluice(self, process, group="binance-buffer", exchange=0):
        return Program([self.bench.bin / "sluice", "run", "--quiet", "--receipt", self.receipt, self.graph(group),
                        "--process", process],
                       {"BINANCE_WS_URL": f"ws://127.0.0.1:{exchange}", "KAFKA_BROKERS": self.bench.brokers,
                        "TIMESCALE_URL": self.bench.database})

    def stored(self, broker):
        return sum(broker.end_offset(topic, partition) for topic in self.topics for partition in PARTITIONS)

    def committed(self, broker, group):
        return sum(max(offset, 0) for (topic, _), offset in broker.committed(group).items() if topic in self.topics)


class Pipeline:
    def __init__(self, bench):
        self.bench = bench
        self.table = bench.table
        self.raw = {}
        kafka = real_servers.Kafka.start_own(jvm="-Xmx1g -Xms1g")
        database = real_servers.Timescale.start_own(settings=DATABASE_SETTINGS)
        bench.brokers = kafka.variables["KAFKA_BROKERS"]
        bench.database = database.variables["TIMESCALE_URL"]
        self.sql("-f", root / "deploy" / "sql" / "schema.sql")
        self.seed = seed_python() if bench.with_seed else None

    def sql(self, *arguments):
        ran = subprocess.run(["psql", "-Xqt", "-v", "ON_ERROR_STOP=1", self.bench.database, *map(str, arguments)],
                             check=True, capture_output=True, text=True)
        return ran.stdout.split()

    def empty_tables(self):
        self.sql("-c", "truncate trades, book_ticker", "-c", "checkpoint")

    # --- ingest ------------------------------------------------------------------------------------------------------

    def ingest_once(self, what, rounds):
        place = Place(self.bench)
        blaster, port = self.bench.blaster(rounds)
        if what == "sluice":
            program = place.sluice("ingest", exchange=port)
        elif what == "seed":
            program = Program([self.seed, here / "seed_script" / "ws_consumer.py"],
                              {"BINANCE_WS_URL": f"ws://127.0.0.1:{port}", "KAFKA_BROKERS": self.bench.brokers,
                               "TRADES_TOPIC": place.topics[0], "QUOTES_TOPIC": place.topics[1], "HEALTH_PORT": "0",
                               "ONCE": "1"})
        else:
            program = Program([self.bench.bin / "bench_floor_ingest", port, self.bench.brokers, *place.topics,
                               *(["headers"] if what == "floor, same record" else [])])
        said = blaster.line()
        if len(said) != 4:
            sys.exit(f"bench/run: {what} did not read what was served: {program.words()}")
        frames, seconds, taken_at = int(said[1]), float(said[3]), time.monotonic()
        blaster.end()
        with kafka_wire.Broker(self.bench.brokers) as broker:
            while place.stored(broker) < frames:
                if time.monotonic() > taken_at + PATIENCE_S:
                    sys.exit(f"bench/run: {place.stored(broker)} of {frames} frames came into Kafka from {what}")
                time.sleep(0.02)
            seconds += time.monotonic() - taken_at
            (program.stop if what == "sluice" else program.end)()
            if place.stored(broker) != frames or program.process.returncode != 0:
                sys.exit(f"bench/run: {what} ended with {program.process.returncode}, and {place.stored(broker)} records "
                         f"stand for {frames} frames: {program.complaint}")
        self.keep("ingest", what, frames_a_second=frames / seconds, cpu_s_a_million=program.cpu_s / frames * 1e6,
                  peak_mib=program.peak_mib)

    def ingest(self):
        print("websocket -> stamp -> route -> Kafka, acks=all, lz4")
        for _ in range(self.bench.repeats):
            for what in ("sluice", "floor", "floor, same record"):
                self.ingest_once(what, self.bench.rounds)
        if self.seed:
            self.ingest_once("seed", max(self.bench.rounds // 5, 1))
        cpu, rate, mib = (self.medians("ingest", key) for key in ("cpu_s_a_million", "frames_a_second", "peak_mib"))
        add = self.table.add
        add("ingest: frames a second into Kafka", rate["sluice"], "frames/s", 250_000, at_most=False)
        add("  best of the runs", max(run["frames_a_second"] for run in self.raw["ingest"]["sluice"]), "frames/s")
        self.compare(rate, "frames/s")
        add("ingest: processor time a million frames", cpu["sluice"], "s")
        self.compare(cpu, "s")
        add("  as a multiple of the floor that writes the same record", cpu["sluice"] / cpu["floor, same record"], "times", 1.5)
        add("  as a multiple of the floor without header and timestamp", cpu["sluice"] / cpu["floor"], "times", 1.5)
        add("ingest: resident at that speed, peak", mib["sluice"], "MiB")
        self.compare(mib, "MiB")

    # --- buffer ------------------------------------------------------------------------------------------------------

    def start_buffer(self, what, place, group, records):
        if what == "sluice":
            return place.sluice("buffer", group)
        if what == "seed":
            return Program([self.seed, here / "seed_script" / "worker.py"],
                           {"KAFKA_BROKERS": self.bench.brokers, "TIMESCALE_URL": self.bench.database, "GROUP": group,
                            "TRADES_TOPIC": place.topics[0], "QUOTES_TOPIC": place.topics[1], "HEALTH_PORT": "0",
                            "RECORDS": str(records)})
        return Program([self.bench.bin / "bench_floor_buffer", self.bench.brokers, group, *place.topics,
                        self.bench.database, records])

    def buffer_once(self, what, place, records):
        self.empty_tables()
        group = place.new_group()
        program = self.start_buffer(what, place, group, records)
        # Between a tenth and all: joining the group and closing are no work on records.
        first = None
        end = time.monotonic() + PATIENCE_S
        with kafka_wire.Broker(self.bench.brokers) as broker:
            while True:
                try:
                    done = place.committed(broker, group)
                except kafka_wire.KafkaError:
                    done = 0
                now = time.monotonic()
                if first is None and done >= records / 10:
                    first = (done, now)
                if done >= records:
                    break
                if now > end or program.process.poll() is not None and what == "sluice":
                    sys.exit(f"bench/run: {what} committed {done} of {records} records: {program.words()}")
                time.sleep(0.02)
        rate = (records - first[0]) / (now - first[1])
        (program.stop if what == "sluice" else program.end)()
        rows = sum(map(int, self.sql("-c", "select count(*) from trades union all select count(*) from book_ticker")))
        if rows != records or program.process.returncode != 0:
            sys.exit(f"bench/run: {what} ended with {program.process.returncode}, and {rows} rows stand for {records} "
                     f"records: {program.complaint}")
        self.keep("buffer", what, rows_a_second=rate, cpu_s_a_million=program.cpu_s / records * 1e6,
                  peak_mib=program.peak_mib)

    def buffer(self):
        print("Kafka -> 500 records or 2 s -> TimescaleDB -> commit")
        records = self.bench.buffer_records
        place = Place(self.bench, records)
        for _ in range(self.bench.repeats):
            for what in ("sluice", "floor"):
                self.buffer_once(what, place, records)
        if self.seed:
            self.buffer_once("seed", place, records)
        cpu, rate, mib = (self.medians("buffer", key) for key in ("cpu_s_a_million", "rows_a_second", "peak_mib"))
        add = self.table.add
        add("buffer: rows a second", rate["sluice"], "rows/s")
        add("  as a part of the floor's", rate["sluice"] / rate["floor"], "times", 0.9, at_most=False)
        self.compare(rate, "rows/s")
        add("buffer: processor time a million rows", cpu["sluice"], "s")
        add("  as a multiple of the floor's", cpu["sluice"] / cpu["floor"], "times", 1.5)
        self.compare(cpu, "s")
        add("buffer: resident, peak", mib["sluice"], "MiB")
        self.compare(mib, "MiB")

    def waiting(self):
        records = self.bench.waiting_records
        print(f"{records:,} records wait in Kafka")
        place = Place(self.bench, records)
        self.empty_tables()
        program = place.sluice("buffer", place.new_group())
        resident_mib = []
        for _ in range(self.bench.waiting_s):
            time.sleep(1)
            if program.process.poll() is not None:
                sys.exit(f"bench/run: the buffer process ended with {program.process.returncode}: {program.words()}")
            resident_mib.append(program.status_kib("VmRSS") / 1024)
        peak_mib = program.status_kib("VmHWM") / 1024
        program.stop()
        self.raw["waiting"] = {"records": records, "resident_mib": resident_mib, "peak_mib": peak_mib}
        early, late = statistics.median(resident_mib[5:10]), statistics.median(resident_mib[-5:])
        self.table.add(f"buffer: resident while {records:,} records wait, peak", peak_mib, "MiB")
        self.table.add(f"  after {self.bench.waiting_s} s, as a multiple of that after 5 to 10 s", late / early, "times", 1.1)

    # --- latency -----------------------------------------------------------------------------------------------------

    def pacer(self, rate, seconds):
        program = Program([self.bench.bin / "bench_pacer", rate, seconds], out=subprocess.PIPE, takes_input=True)
        return program, int(program.line()[1])

    def to_kafka_once(self, what, rate, seconds):
        place = Place(self.bench)
        frames = rate * seconds + rate * PACER_WARM_UP_S // 50
        watcher = Program([self.bench.bin / "bench_watcher", self.bench.brokers, *place.topics, frames], out=subprocess.PIPE)
        watcher.line()
        pacer, port = self.pacer(rate, seconds)
        if what == "sluice":
            program = place.sluice("ingest", exchange=port)
        else:
            program = Program([self.bench.bin / "bench_floor_ingest", port, self.bench.brokers, *place.topics, "timed"],
                              out=subprocess.PIPE)
        late_us = int(pacer.line()[2])
        _, _, p50, p99, _ = watcher.line()
        pacer.process.stdin.close()
        if what == "sluice":
            program.stop()
            nodes = json.loads(place.receipt.read_text())["nodes"]
            account = next(node["account"] for node in nodes if node["name"] == "exchange")
            acked = [account["settle_p50_ns"] / 1e6, account["settle_p99_ns"] / 1e6]
        else:
            acked = [int(us) / 1000 for us in program.line()[3:]]
            program.end()
        pacer.end(), watcher.end()
        self.keep("latency", what, acked_p50_ms=acked[0], acked_p99_ms=acked[1], read_p50_ms=int(p50) / 1000,
                  read_p99_ms=int(p99) / 1000, pacer_late_ms=late_us / 1000)

    def to_row_once(self, rate, seconds):
        place = Place(self.bench)
        self.empty_tables()
        frames = rate * (seconds + WARM_UP_S) + rate * PACER_WARM_UP_S // 50
        pacer, port = self.pacer(rate, seconds + WARM_UP_S)
        programs = [place.sluice("buffer", place.new_group()), place.sluice("ingest", exchange=port)]
        pacer.line()
        end = time.monotonic() + 30
        while time.monotonic() < end:
            rows = sum(map(int, self.sql("-c", "select count(*) from trades union all select count(*) from book_ticker")))
            if rows == frames:
                break
            time.sleep(0.2)
        pacer.process.stdin.close()
        for program in programs:
            program.stop()
        pacer.end()
        if rows != frames:
            sys.exit(f"bench/run: {rows} rows stand for {frames} frames")
        p50, p99, most = self.sql("-c", f"""
            with row as (select trade_id as sent_ns, xmin from trades union all select update_id, xmin from book_ticker),
                 took as (select extract(epoch from pg_xact_commit_timestamp(xmin)) * 1000 - sent_ns / 1000000.0 as ms
                            from row where sent_ns > (select min(sent_ns) from row) + {WARM_UP_S}::bigint * 1000000000)
            select percentile_disc(array[0.5, 0.99, 1]) within group (order by ms) from took""")[0].strip("{}").split(",")
        self.keep("to_row", str(rate), p50_ms=float(p50), p99_ms=float(p99), most_ms=float(most))

    def latency(self):
        print("from the frame to Kafka, and to the row")
        for _ in range(self.bench.repeats):
            for what in ("sluice", "floor"):
                self.to_kafka_once(what, 5_000, self.bench.latency_s)
        for rate in (5_000, 50):
            self.to_row_once(rate, self.bench.latency_s)
        found = {key: self.medians("latency", key) for key in ("acked_p50_ms", "acked_p99_ms", "read_p50_ms", "read_p99_ms")}
        add = self.table.add
        for key, name in (("acked", "frame received to acknowledged by Kafka"), ("read", "frame sent to read from Kafka")):
            for part in ("p50", "p99"):
                values = found[f"{key}_{part}_ms"]
                add(f"{name} at 5,000/s, {part}", values["sluice"], "ms", 15 if (key, part) == ("acked", "p99") else None)
                add("  the hand-written floor", values["floor"], "ms")
        for rate in ("5000", "50"):
            run = self.raw["to_row"][rate][0]
            add(f"frame to row at {rate}/s, p50", run["p50_ms"], "ms")
            add(f"frame to row at {rate}/s, p99", run["p99_ms"], "ms")
            add(f"frame to row at {rate}/s, most", run["most_ms"], "ms", 2_100)

    # --- what was found ----------------------------------------------------------------------------------------------

    def keep(self, topic, what, **figures):
        self.raw.setdefault(topic, {}).setdefault(what, []).append(figures)
        print(f"    {what}: " + ", ".join(f"{key} {value:,.4g}" for key, value in figures.items()), flush=True)

    def medians(self, topic, key):
        return {what: statistics.median(run[key] for run in runs) for what, runs in self.raw[topic].items()}

    def compare(self, values, unit):
        names = {"floor": "the hand-written floor", "floor, same record": "the hand-written floor, same record",
                 "seed": "the seed's program in Python"}
        for what, name in names.items():
            if what in values:
                self.table.add(f"  {name}", values[what], unit)

    def write(self, path):
        path.write_text(json.dumps(self.raw, indent=1) + "\n")


def run(bench, parts):
    pipeline = Pipeline(bench)
    for part in parts:
        getattr(pipeline, part)()
    if bench.json:
        pipeline.write(bench.json)
