# SPDX-License-Identifier: Apache-2.0
"""What the tests of the whole pipeline share: graphs/binance.yaml in two processes between the simulator, a real Kafka
and a real database. Every test has topics, a group, a database and HTTP ports of its own, so that tests can share
servers; a test that kills a server has a server of its own.
"""

import csv
import datetime
import io
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
import unittest
import uuid

import support

sys.path.insert(0, str(support.SOURCE / "tools" / "servers"))
import real_servers  # noqa: E402
from real_servers import kafka_wire  # noqa: E402
from real_servers.places import free_ports  # noqa: E402

SYMBOLS = {"BTCUSDT": 0, "ETHUSDT": 1, "BNBUSDT": 2}
VARIABLES = {"kafka": "KAFKA_BROKERS", "timescale": "TIMESCALE_URL", "postgres": "POSTGRES_URL"}
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
# Kafka's errors for a leader that is not there yet: LEADER_NOT_AVAILABLE, NOT_LEADER, REPLICA_NOT_AVAILABLE
LEADERLESS = (5, 6, 9)
# And what passes by itself: a topic known to the cluster and not yet to its leader, a group whose coordinator loads its
# offsets, is not there or has moved.
PASSING = (*LEADERLESS, 3, 14, 15, 16)
QUOTES = "symbol, update_id, best_bid_price, best_bid_qty, best_ask_price, best_ask_qty"
# An edit of the graph: what passes while the connection is away stays missing.
NO_REPAIR = ('    repair: { rest: "${BINANCE_REST_URL:-https://api.binance.com}" }   # fetches missed trades by id\n', "")
# The long variants, as `./check --full` runs them: numbers and seconds of docs/delivery.md's table.
FULL = os.environ.get("SLUICE_TEST_FULL") == "1"
only_full = unittest.skipUnless(FULL, "a long test: ./check --full runs it")
_own = {}


def server(kind):
    """The address of a server that tests share: the one of its variable, or one started for this program."""
    if VARIABLES.get(kind) in os.environ:
        return os.environ[VARIABLES[kind]]
    if kind not in _own:
        _own[kind] = start_server(kind)
    return next(iter(_own[kind].variables.values()))


def start_server(kind, **options):
    """A server for this program alone, that may be killed. Without one the program is skipped, loudly; under continuous
    integration it fails."""
    try:
        return real_servers.KINDS[kind].start_own(**options)
    except real_servers.Unavailable as problem:
        print(f"SKIPPED: no {kind} here: {problem}", file=sys.stderr)
        sys.exit(1 if os.environ.get("CI") == "true" else support.SKIPPED)


def sql(url, text):
    """Rows of a query, as lists of texts; None is NULL."""
    done = subprocess.run(["psql", url, "-Xq", "--csv", "-t", "-v", "ON_ERROR_STOP=1", "-P", "null=\\N", "-c", text],
                          capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
                          env={**os.environ, "PGTZ": "UTC", "PGDATESTYLE": "ISO", "PGCONNECT_TIMEOUT": "10"})
    if done.returncode != 0:
        raise RuntimeError(f"{text}: {done.stderr.strip()}")
    return [[None if cell == "\\N" else cell for cell in row] for row in csv.reader(io.StringIO(done.stdout))]


def patiently(ask, what):
    """What a broker says; one that is busy, just back or just elected is asked again."""
    found = []

    def ask_once():
        try:
            found.append(ask())
        except kafka_wire.KafkaError as error:
            if error.code not in PASSING:
                raise
        except OSError:
            pass
        return found and found[-1] is not None

    support.wait_until(ask_once, f"Kafka says {what}", pause_s=0.1)
    return found[-1]


def microseconds(text):
    """Of a time as PostgreSQL or the stamp writes it."""
    text = text.strip('"').replace("T", " ").replace("Z", "+00:00")
    text = text + ":00" if text[-3] in "+-" else text
    whole, zone = text[:-6], text[-6:]
    whole, _, fraction = whole.partition(".")
    at = datetime.datetime.fromisoformat(whole + zone)
    return int((at - EPOCH).total_seconds()) * 1_000_000 + int((fraction + "000000")[:6])


class Record:
    """A record of a topic, as kcat shows it."""

    __slots__ = ("partition", "offset", "time_ms", "key", "headers", "value")

    def __init__(self, partition, offset, time_ms, key, headers, value):
        self.partition, self.offset, self.time_ms = int(partition), int(offset), int(time_ms)
        self.key, self.value = key.decode(), value
        self.headers = dict(item.split("=", 1) for item in headers.decode(errors="replace").split(",") if "=" in item)

    @property
    def json(self):
        return json.loads(self.value)


class Ready:
    """What /readyz says: the status, and the reasons."""

    def __init__(self, status, body):
        self.status, self.body = status, body
        try:
            self.reasons = json.loads(body).get("reasons", [])
        except ValueError:
            self.reasons = []

    def names(self, *nodes):
        """Whether a reason with a sentence names one of these nodes."""
        return any(reason.get("node") in nodes and reason.get("sentence") for reason in self.reasons)

    def __str__(self):
        return f"{self.status} {self.body}"


class PipelineCase(support.Case):
    """The graph of two processes, with names of this test's own."""

    database_kind = "timescale"

    def setUp(self):
        super().setUp()
        self.tag = uuid.uuid4().hex[:10]
        self.prefix = f"test.{self.tag}"
        self.trades_topic, self.quotes_topic = f"{self.prefix}.trades", f"{self.prefix}.book_ticker"
        self.gaps_topic, self.rejects_topic = f"{self.prefix}.gaps", f"{self.prefix}.rejects"
        self.group = f"group-{self.tag}"
        self.http = dict(zip(("ingest", "buffer", "second"), free_ports(3)))
        self.kafka = self.own_kafka().variables["KAFKA_BROKERS"] if self.own_kafka() else server("kafka")
        base = self.own_database().url() if self.own_database() else server(self.database_kind)
        self.url = self.make_database(base)
        if not self.own_kafka():
            self.addCleanup(self.delete_topics)

    # servers

    def own_kafka(self):
        return None

    def own_database(self):
        return None

    def make_database(self, base):
        name = f"test_{self.tag}"
        sql(base, f"create database {name}")
        address, _, parameters = base.partition("?")
        url = address.rsplit("/", 1)[0] + "/" + name + (f"?{parameters}" if parameters else "")
        self.addCleanup(self.drop_database, base, name)
        if self.database_kind == "timescale":
            sql(url, "set client_min_messages = warning; create extension if not exists timescaledb")
        return url

    def drop_database(self, base, name):
        try:
            sql(base, f"drop database if exists {name} with (force)")
        except RuntimeError as error:
            print(f"note: {error}", file=sys.stderr)

    def topics(self):
        """Of this test; deleted when it is over."""
        return self.trades_topic, self.quotes_topic, self.gaps_topic, self.rejects_topic

    def delete_topics(self):
        try:
            with self.broker() as broker:
                address = broker.metadata([])
            with kafka_wire.Broker(address["brokers"][address["controller"]]) as controller:
                controller.delete_topics(*self.topics())
        except (OSError, KeyError, kafka_wire.KafkaError) as error:
            print(f"note: topics of {self.prefix} are left: {error}", file=sys.stderr)

    def broker(self):
        """A connection to the first broker that answers."""
        problem = None
        for address in self.kafka.split(","):
            try:
                return kafka_wire.Broker(address)
            except OSError as error:
                problem = error
        raise problem

    # the graph

    def graph(self, *edits, name="binance", hypertable=True):
        """graphs/binance.yaml with this test's names; each (old, new) of the edits must strike."""
        own = [("binance.trades", self.trades_topic), ("binance.book_ticker", self.quotes_topic),
               ("binance.gaps", self.gaps_topic), ("binance.rejects", self.rejects_topic),
               ("group: binance-buffer", f"group: {self.group}"),
               (":8081", f":{self.http['ingest']}"), (":8082", f":{self.http['buffer']}"),
               ("reconnect: { first: 1s, max: 60s }", "reconnect: { first: 50ms, max: 1s }")]
        if not hypertable:
            own += [("hypertable: { time: event_time, chunk: 1d }", ""),
                    ("hypertable: { time: ingestion_ts, chunk: 1d }", "")]
        text = (support.SOURCE / "graphs" / "binance.yaml").read_text()
        for old, new in (*own, *edits):
            self.assertIn(old, text, "graphs/binance.yaml has changed: adapt the edit of this test")
            text = text.replace(old, new)
        path = self.directory / f"{name}.yaml"
        path.write_text(text)
        return path

    def environment(self, exchange=None):
        return {"KAFKA_BROKERS": self.kafka, "TIMESCALE_URL": self.url,
                "BINANCE_WS_URL": exchange.url() if exchange else "ws://127.0.0.1:9",
                "BINANCE_REST_URL": exchange.rest_url() if exchange else "http://127.0.0.1:9"}

    def ingest(self, graph, exchange, *options, name="ingest", environment=None):
        return support.Sluice(self, graph, "--process", "ingest", *options, name=name,
                              environment={**self.environment(exchange), **(environment or {})})

    def buffer(self, graph, *options, name="buffer", environment=None):
        return support.Sluice(self, graph, "--process", "buffer", *options, name=name,
                              environment={**self.environment(), **(environment or {})})

    def exchange(self, *options, name="exchange"):
        """The simulator, which also writes a line for every event it sends."""
        rows = self.directory / f"{name}.rows"
        simulator = support.Simulator(self, *options, "--truth-rows", rows, name=name)
        simulator.rows_path = rows
        return simulator

    # what is in the topics

    def ends(self, topic):
        """{partition: offset behind the last record}; empty while there is no such topic."""
        return patiently(lambda: self.ask_ends(topic), f"the ends of {topic}")

    def ask_ends(self, topic):
        with self.broker() as broker:
            error, partitions = broker.metadata([topic])["topics"][topic]
            leaders = broker.metadata([])["brokers"]
        if error in LEADERLESS:
            return None
        if error:
            return {}
        ends = {}
        for number, (leader, _) in partitions.items():
            if leader not in leaders:
                return None
            with kafka_wire.Broker(leaders[leader]) as own:
                ends[number] = own.end_offset(topic, number)
        return ends

    def stored_in_log(self):
        return sum(self.ends(self.trades_topic).values()) + sum(self.ends(self.quotes_topic).values())

    def committed(self, group=None):
        """{(topic, partition): offset} of the group."""
        return patiently(lambda: self.ask_committed(group or self.group), f"the offsets of group {group or self.group}")

    def ask_committed(self, group):
        with self.broker() as broker:
            address = broker.coordinator(group)
        with kafka_wire.Broker(address) as coordinator:
            return coordinator.committed(group)

    def lag(self, group=None):
        committed = self.committed(group)
        return sum(end - max(committed.get((topic, number), 0), 0)
                   for topic in (self.trades_topic, self.quotes_topic, self.gaps_topic)
                   for number, end in self.ends(topic).items())

    def records(self, topic):
        """All records of a topic, by partition and offset."""
        form = "%p\\t%o\\t%T\\t%k\\t%h\\t%S\\t%s\\n"
        done = subprocess.run(["kcat", "-C", "-b", self.kafka, "-t", topic, "-e", "-q", "-o", "beginning", "-f", form],
                              capture_output=True, check=False, timeout=120, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        raw, at, records = done.stdout, 0, []
        while at < len(raw):
            words = []
            for _ in range(6):
                end = raw.index(b"\t", at)
                words.append(raw[at:end])
                at = end + 1
            length = max(int(words[5]), 0)
            records.append(Record(*words[:5], raw[at:at + length]))
            at += length + 1
        records.sort(key=lambda record: (record.partition, record.offset))
        return records

    def produce(self, topic, partition, value, key="BTCUSDT", headers=()):
        """One record, put there by hand; an empty value is none, as in a compacted topic."""
        path = self.directory / "message"
        path.write_bytes(value or f"{key}:\n".encode())
        words = [word for header in headers for word in ("-H", header)]
        words += ["-k", key, str(path)] if value else ["-Z", "-K", ":", "-l", str(path)]
        subprocess.run(["kcat", "-P", "-b", self.kafka, "-t", topic, "-p", str(partition), *words], check=True,
                       capture_output=True, timeout=60)

    # what is in the tables

    def query(self, text, store=None):
        return sql(self.url, text)

    def rows(self, table):
        try:
            return int(self.query(f"select count(*) from {table}")[0][0])
        except RuntimeError as error:
            if "does not exist" in str(error):
                return 0
            raise

    def table_rows(self):
        return self.rows("trades") + self.rows("book_ticker")

    def wait_for_log(self, count, *processes, seconds=None):
        self.wait_for(lambda: self.stored_in_log() >= count, f"{count} records are in the topics", processes, seconds,
                      lambda: self.stored_in_log())

    def wait_for_table_rows(self, count, *processes, seconds=None):
        self.wait_for(lambda: self.table_rows() >= count, f"{count} rows are in the tables", processes, seconds,
                      lambda: self.table_rows())

    def wait_until_drained(self, *processes, seconds=None, group=None):
        """Until every record of the topics is committed by the group."""
        self.wait_for(lambda: self.lag(group) == 0, "the group has committed all", processes, seconds,
                      lambda: f"lag {self.lag(group)}")

    def wait_for(self, condition, what, processes, seconds=None, account=lambda: ""):
        def holds():
            for process in processes:
                if not process.is_running():
                    raise AssertionError(f"{process.name} ended with {process.popen.returncode}\n{process.stderr[-4000:]}")
            return condition()

        try:
            support.wait_until(holds, what, seconds, pause_s=0.1)
        except AssertionError as error:
            words = "".join(f"\n{process.name}: {process.stderr[-3000:]}" for process in processes)
            raise AssertionError(f"{error}; there is {account()}{words}") from None

    def two_processes(self, count, graph):
        """Frames through both processes; topics and tables are the truth."""
        exchange = self.exchange("--rate", "0", "--frames", count)
        ingest, buffer = self.ingest(graph, exchange), self.buffer(graph)
        self.wait_for_table_rows(count, ingest, buffer)
        self.wait_until_drained(ingest, buffer)
        for process in (ingest, buffer):
            self.assert_ended(process.stop())
        exchange.stop()
        self.assertEqual(self.assert_log_is_truth(exchange), count)
        self.assert_tables_are_log()

    # how a process is

    def ready(self, which):
        """What /readyz of a process says; status 0 while nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http[which]}/readyz", timeout=5) as answer:
                return Ready(answer.status, answer.read().decode())
        except urllib.error.HTTPError as error:
            return Ready(error.code, error.read().decode())
        except OSError as error:
            return Ready(0, str(error))

    def counter(self, which, name):
        """The sum of a metric over the nodes of a process; 0 while it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http[which]}/metrics", timeout=5) as answer:
                lines = answer.read().decode().splitlines()
        except OSError:
            return 0
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines
                   if line.startswith((name + "{", name + " ")))

    def wait_until_ready(self, which, *processes):
        self.wait_for(lambda: self.ready(which).status == 200, f"{which} is ready", processes,
                      account=lambda: self.ready(which))

    def wait_until_not_ready(self, which, *processes, nodes):
        """Until /readyz answers 503 and names one of the nodes; answers what it said."""
        def not_ready():
            said = self.ready(which)
            return said if said.status == 503 and said.names(*nodes) else None

        found = []
        self.wait_for(lambda: found.append(not_ready()) or found[-1], f"{which} says why it is not ready", processes,
                      account=lambda: self.ready(which))
        return found[-1]

    # truth

    def sent(self, exchange):
        """{"trades"/"quotes": {symbol: [(type, id, numbers...) in the order they were sent]}}"""
        sent = {"trades": {}, "quotes": {}}
        with open(exchange.rows_path, encoding="ascii") as file:
            for line in file:
                symbol, kind, number, *numbers = line.split()
                table = "quotes" if kind == "bookTicker" else "trades"
                sent[table].setdefault(symbol, []).append((kind, int(number), *numbers))
        return sent

    def logged(self, exact=True):
        """The same of the topics; with `exact` the form of each record is checked on the way."""
        logged = {"trades": {}, "quotes": {}}
        for table, topic in (("trades", self.trades_topic), ("quotes", self.quotes_topic)):
            for record in self.records(topic):
                data = record.json
                logged[table].setdefault(record.key, []).append(event(data))
                if exact:
                    self.assert_record(record, data)
        return logged

    def assert_record(self, record, data):
        self.assertEqual(record.key, data["s"])
        self.assertEqual(record.partition, SYMBOLS[record.key])
        self.assertEqual(record.headers, {})
        self.assertEqual(record.time_ms, microseconds(data["ingestion_timestamp"]) // 1000)

    def assert_log_is_truth(self, exchange):
        """Each event that was sent is in its partition once, in order, and no other. Answers how many."""
        sent, logged = self.sent(exchange), self.logged()
        for table in ("trades", "quotes"):
            self.assertEqual(sorted(logged[table]), sorted(sent[table]), f"symbols in the topic of {table}")
            for symbol, events in sent[table].items():
                self.assertIsNone(support.first_difference(logged[table][symbol], events),
                                  f"{table} of {symbol}: in the log, sent")
        return sum(len(events) for table in sent.values() for events in table.values())

    def assert_codec(self, *topics):
        """Batches are compressed with lz4; only one too small to gain by it may be stored plainly."""
        for topic in topics:
            for partition in SYMBOLS.values():
                for batch in patiently(lambda t=topic, p=partition: self.ask_batches(t, p), f"{topic} {partition}"):
                    if batch["records"] >= 5:
                        self.assertEqual(batch["codec"], "lz4", f"{topic} {partition} {batch}")

    def ask_batches(self, topic, partition):
        with self.broker() as broker:
            return list(broker.batches(topic, partition))

    def expected_rows(self):
        """The rows that the records of the topics come to, made here by other code than the product's."""
        trades, quotes = set(), set()
        for record in self.records(self.trades_topic):
            data = record.json
            kind, number, price, quantity = event(data)
            trades.add((data["T"] * 1000, data["s"], kind, number, price, quantity, "t" if data["m"] else "f"))
        for record in self.records(self.quotes_topic):
            data = record.json
            quotes.add((microseconds(data["ingestion_timestamp"]), data["s"], *event(data)[1:]))
        return sorted(trades), sorted(quotes)

    def table_contents(self):
        trades = [(microseconds(row[0]), row[1], row[2], int(row[3]), *row[4:])
                  for row in self.query(f"select {support.TRADE_COLUMNS} from trades")]
        quotes = [(microseconds(row[0]), row[1], int(row[2]), *row[3:])
                  for row in self.query(f"select ingestion_ts, {QUOTES} from book_ticker")]
        return sorted(trades), sorted(quotes)

    def assert_log_is_part_of_truth(self, exchange, is_repaired=False):
        """No event is in the log twice or out of order, and none that was not sent. Answers how many are missing. A repair
        holds back each stream on its own: then the order of a symbol's streams among each other is open."""
        sent, logged = self.sent(exchange), self.logged()
        missing = 0
        for table in ("trades", "quotes"):
            for symbol, events in logged[table].items():
                place = {name: at for at, name in enumerate(sent[table][symbol])}
                for kinds in [[kind] for kind in support.STREAM_TYPES] if is_repaired else [support.STREAM_TYPES]:
                    places = [place[name] for name in events if name[0] in kinds]
                    self.assertEqual(places, sorted(set(places)), f"{table} of {symbol}, {kinds}: doubled or out of order")
            missing += sum(map(len, sent[table].values())) - sum(map(len, logged[table].values()))
        return missing

    def assert_tables_are_log(self):
        """The tables hold exactly the rows of the records in the topics, each once, digit for digit."""
        for name, stored, expected in zip(("trades", "book_ticker"), self.table_contents(), self.expected_rows()):
            self.assertIsNone(support.first_difference(stored, expected), f"rows of {name}: stored, expected")

    def memory_mib(self, process):
        with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
            return next(int(line.split()[1]) // 1024 for line in file if line.startswith("VmRSS:"))

    def assert_ended(self, result, code=0):
        self.assertEqual(result.code, code, result.stderr[-4000:])
        self.assertIsNotNone(result.receipt, "there is no receipt")
        self.assertTrue(result.receipt["balanced"], result.stdout)


def event(data):
    """What names an event, and its numbers as they are in the tables."""
    if "e" not in data:
        return ("bookTicker", data["u"], data["b"], data["B"], data["a"], data["A"])
    return (data["e"], data["t"] if data["e"] == "trade" else data["a"], data["p"], data["q"])


def main():
    for program in ("psql", "kcat"):
        if not any(os.access(os.path.join(path, program), os.X_OK) for path in os.get_exec_path()):
            print(f"SKIPPED: {program} is not installed (tools/packages.sh test)", file=sys.stderr)
            sys.exit(1 if os.environ.get("CI") == "true" else support.SKIPPED)
    support.main()
