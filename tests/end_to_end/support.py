# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests share: the built programs as processes in a directory of their own, and waiting for what
they do. A test waits for a condition (a row in the table, a line that is meant for machines, the end of a process) and
never for time. Every process is ended and every directory removed when its test is over, whatever happened.
"""

import gzip
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse
import urllib.request

SLUICE = os.environ.get("SLUICE_PROGRAM", "sluice")
SIMULATOR = os.environ.get("SLUICE_SIMULATOR", "binance_sim")
SOURCE = pathlib.Path(os.environ.get("SLUICE_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
CAPTURES = pathlib.Path(os.environ.get("SLUICE_CAPTURES") or SOURCE.parent / "shared" / "data" / "captures")
FIXTURES = pathlib.Path(os.environ.get("SLUICE_FIXTURE_PLUGINS", "no fixture plugins"))
SANITIZER = os.environ.get("SLUICE_SANITIZER", "")
BUILD_TYPE = os.environ.get("SLUICE_BUILD_TYPE", "")

# Numbers of frames are divided by this; sanitizers make the programs about that much slower.
SCALE = int(os.environ.get("SLUICE_TEST_SCALE") or (10 if SANITIZER else 1))
PATIENCE_S = float(os.environ.get("SLUICE_TEST_PATIENCE", "180"))

TRADE_COLUMNS = "event_time, symbol, event_type, trade_id, price, quantity, is_buyer_maker"
QUOTE_COLUMNS = "symbol, update_id, best_bid_price, best_bid_qty, best_ask_price, best_ask_qty"
STREAM_TYPES = ("trade", "aggTrade", "bookTicker")
SKIPPED = 77


def frames(count):
    """As many frames as this build can take in the time of `count` frames of a release build."""
    return max(count // SCALE, 1000)


def wait_until(condition, what, seconds=None, pause_s=0.005):
    """Polls until the condition gives something true, and returns that."""
    end = time.monotonic() + (seconds or PATIENCE_S)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain until {what}")
        time.sleep(pause_s)


class Process:
    """A program whose output goes to files, so that it never blocks on a pipe nobody reads."""

    def __init__(self, test, name, command, environment=None, **popen):
        self.name = name
        self.stdout_path = test.directory / f"{name}.stdout"
        self.stderr_path = test.directory / f"{name}.stderr"
        with open(self.stdout_path, "wb") as out, open(self.stderr_path, "wb") as err:
            self.popen = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=out,
                                          stderr=err, cwd=test.directory, env={**os.environ, **(environment or {})},
                                          **popen)
        test.addCleanup(self.kill)

    @property
    def pid(self):
        return self.popen.pid

    @property
    def stdout(self):
        return self.stdout_path.read_text(errors="replace")

    @property
    def stderr(self):
        return self.stderr_path.read_text(errors="replace")

    def is_running(self):
        return self.popen.poll() is None

    def send(self, number):
        self.popen.send_signal(number)

    def wait(self, seconds=None):
        try:
            return self.popen.wait(seconds or PATIENCE_S)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} did not end\n{self.stderr[-4000:]}") from None

    def kill(self):
        if self.is_running():
            self.popen.kill()
        self.popen.wait()


class Simulator(Process):
    """The exchange. Its first line on stdout is for machines: where it listens."""

    def __init__(self, test, *options, name="exchange"):
        self.truth_path = test.directory / f"{name}.truth.json"
        self.cert_path = test.directory / f"{name}.pem"
        words = [str(option) for option in options]
        self.hosts = 1 + words.count("--also")
        if "--port" not in words:
            words += ["--port", "0"]
        if "--tls" in words:
            words += ["--write-cert", str(self.cert_path)]
        super().__init__(test, name, [SIMULATOR, *words, "--truth", self.truth_path])

    def urls(self):
        """Of all hosts."""
        def all_lines():
            if not self.is_running():
                raise AssertionError(f"the simulator ended with {self.popen.returncode}: {self.stderr}")
            lines = self.stdout.split("\n")[:-1][:self.hosts]
            return len(lines) == self.hosts and [line.split()[-1] for line in lines]

        return wait_until(all_lines, "the simulator listens")

    def url(self):
        return self.urls()[0]

    def rest_url(self):
        return self.url().replace("ws", "http", 1)

    def strike(self, **faults):
        """Faults at once, as its README lists them; `_` stands for `-`. Answers how far the run is."""
        query = urllib.parse.urlencode({name.replace("_", "-"): value for name, value in faults.items()})
        request = urllib.request.Request(self.rest_url() + "/sim" + ("?" + query if query else ""),
                                         method="POST" if query else "GET")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def port(self):
        return int(self.url().rsplit(":", 1)[1])

    def wait_for_end_of_data(self):
        wait_until(lambda: "\nended after " in self.stdout, "the simulator has sent all its frames")
        return json.loads(self.truth_path.read_text())

    def stop(self):
        self.send(signal.SIGTERM)
        code = self.wait()
        if code != 0:
            raise AssertionError(f"the simulator ended with {code}: {self.stderr}")
        return json.loads(self.truth_path.read_text())


class Sluice(Process):
    """`sluice run` of a graph file."""

    def __init__(self, test, graph, *options, environment=None, name="sluice", receipt=None, **popen):
        self.receipt_path = receipt or test.directory / f"{name}.receipt.json"
        self.receipt_path.unlink(missing_ok=True)
        super().__init__(test, name, [SLUICE, "run", graph, "--receipt", self.receipt_path, *options],
                         environment={"SQLITE_PATH": str(test.store), **(environment or {})}, **popen)

    def stop(self, seconds=None):
        """SIGTERM, and what it comes to."""
        self.send(signal.SIGTERM)
        return self.result(seconds)

    def result(self, seconds=None):
        code = self.wait(seconds)
        receipt = json.loads(self.receipt_path.read_text()) if self.receipt_path.exists() else None
        return Result(code, receipt, self.stdout, self.stderr)


class Result:
    """The end of a run: exit code, output and receipt."""

    def __init__(self, code, receipt, stdout, stderr):
        self.code, self.receipt, self.stdout, self.stderr = code, receipt, stdout, stderr

    def node(self, name):
        return next(node for node in self.receipt["nodes"] if node["name"] == name)

    def metric(self, node, name):
        return self.node(node)["metrics"][name]

    def edge(self, name):
        return next(edge for edge in self.receipt["edges"] if edge["name"] == name)


class Case(unittest.TestCase):
    """A test with a directory of its own, in which its programs run and its store lies."""

    maxDiff = 2000

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="sluice-test-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.store = self.directory / "store.db"
        self.rejects = self.directory / "rejects.jsonl"

    # graphs

    def quickstart(self, *edits, name="direct"):
        """A copy of graphs/NAME.yaml in which each (old, new) of the edits was made; each must strike. `direct` is the
        quick start without its log, which leaves nothing between the exchange and the tables."""
        text = (SOURCE / "graphs" / f"{name}.yaml").read_text()
        for old, new in edits:
            self.assertIn(old, text, f"graphs/{name}.yaml has changed: adapt the edit of this test")
            text = text.replace(old, new)
        path = self.directory / f"{name}.yaml"
        path.write_text(text)
        return path

    def start(self, simulator, *edits, options=(), environment=None, **popen):
        """`sluice run` of the quick start, edited, against the simulator."""
        graph = self.quickstart(*edits)
        return Sluice(self, graph, *options, environment={"BINANCE_WS_URL": simulator.url(), **(environment or {})},
                      **popen)

    def run_command(self, *words, environment=None):
        """A command of sluice that ends by itself: (exit code, stdout, stderr)."""
        done = subprocess.run([SLUICE, *[str(word) for word in words]], capture_output=True, text=True,
                              cwd=self.directory, timeout=PATIENCE_S, env={**os.environ, **(environment or {})},
                              stdin=subprocess.DEVNULL, check=False)
        return done.returncode, done.stdout, done.stderr

    # the store

    def query(self, sql, store=None):
        connection = sqlite3.connect(f"file:{store or self.store}?mode=ro", uri=True, timeout=30)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def rows(self, table):
        """How many rows a table has; 0 before it is there."""
        try:
            return self.query(f"SELECT coalesce(max(rowid), 0) FROM {table}")[0][0]
        except sqlite3.OperationalError:
            return 0

    def wait_for_rows(self, sluice, count, seconds=None):
        def are_there():
            if not sluice.is_running():
                raise AssertionError(f"sluice ended with {sluice.popen.returncode}\n{sluice.stderr[-4000:]}")
            return self.rows("trades") + self.rows("book_ticker") >= count

        try:
            wait_until(are_there, f"{count} rows are stored", seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}; there are {self.rows('trades')} + {self.rows('book_ticker')}\n"
                                 f"{sluice.stderr[-4000:]}") from None

    def rejected(self):
        """The lines of the rejects file, as objects."""
        return [json.loads(line) for line in self.rejects.read_text().splitlines()] if self.rejects.exists() else []

    def stored_ids(self):
        """{(symbol, event type): ids in the order they were stored}"""
        ids = {}
        for symbol, kind, number in self.query("SELECT symbol, event_type, trade_id FROM trades ORDER BY rowid"):
            ids.setdefault((symbol, kind), []).append(number)
        for symbol, number in self.query("SELECT symbol, update_id FROM book_ticker ORDER BY rowid"):
            ids.setdefault((symbol, "bookTicker"), []).append(number)
        return ids

    # accounts

    def assert_balanced(self, result, code=0):
        self.assertEqual(result.code, code, result.stderr[-4000:])
        self.assertIsNotNone(result.receipt, "there is no receipt")
        self.assertTrue(result.receipt["balanced"], result.stdout)
        account = result.node("exchange")["account"]
        settled = sum(account[key] for key in ("delivered", "accepted", "dead_lettered", "discarded", "failed"))
        self.assertEqual(account["received"] + account["made"], settled + account["unsettled"])
        for table in ("trades", "book_ticker"):
            node = result.node(table)
            self.assertEqual(node["delivered"],
                             node["metrics"]["rows_inserted_total"] + node["metrics"]["rows_already_there_total"])

    def assert_all_delivered(self, result, count):
        """Everything that came was stored: nothing rejected, discarded or open."""
        self.assert_balanced(result)
        account = result.node("exchange")["account"]
        self.assertEqual((account["received"], account["delivered"], account["unsettled"]), (count, count, 0))
        self.assertEqual(result.receipt["may_be_lost"], 0)

    def assert_stored_as_sent(self, truth):
        """Each id that the simulator sent is in the tables exactly once, in order, and no other."""
        sent, stored = truth_ids(truth), self.stored_ids()
        self.assertEqual(sorted(stored), sorted(sent))
        for key, ids in sent.items():
            self.assertEqual(first_difference(stored[key], ids), None, f"ids of {key}: stored, sent")


def truth_ids(truth):
    """{(symbol, event type): ids in the order they were sent}, of streams of which something was sent"""
    ids = {}
    for stream in truth["streams"]:
        if stream["event_type"] not in STREAM_TYPES or stream["sent"]["count"] == 0:
            continue
        numbers = stream.get("ids")
        if numbers is None:
            numbers = [n for first, last in stream["ranges"] for n in range(first, last + 1)]
        assert len(numbers) == stream["sent"]["count"], "the simulator's truth contradicts itself"
        ids[(stream["symbol"], stream["event_type"])] = numbers
    return ids


def first_difference(left, right):
    """None when two lists are equal; else a short account, since whole lists are no help."""
    for at, (a, b) in enumerate(zip(left, right)):
        if a != b:
            return f"at {at}: {a} and {b}"
    return None if len(left) == len(right) else f"lengths {len(left)} and {len(right)}"


def receive_queue_bytes(pid, port):
    """Bytes that came from this port and that the process has not read yet; None without such a connection."""
    inodes = set()
    for entry in os.scandir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(entry.path)
        except OSError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    for line in pathlib.Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        words = line.split()
        if words[9] in inodes and int(words[2].split(":")[1], 16) == port:
            return int(words[4].split(":")[1], 16)
    return None


def wait_until_all_is_read(sluice, port):
    wait_until(lambda: receive_queue_bytes(sluice.pid, port) == 0, "sluice has read all that came")


def wait_until_reading_rests(sluice, port):
    """Until backpressure has reached the socket: bytes wait in the kernel, and nobody takes any for a while."""
    seen = {"bytes": None, "polls": 0}

    def rests():
        if not sluice.is_running():
            raise AssertionError(f"sluice ended with {sluice.popen.returncode}\n{sluice.stderr[-4000:]}")
        now = receive_queue_bytes(sluice.pid, port)
        seen["polls"] = seen["polls"] + 1 if now and now == seen["bytes"] else 0
        seen["bytes"] = now
        return seen["polls"] >= 60

    wait_until(rests, "sluice has stopped reading its socket")


def capture_lines(name):
    with gzip.open(CAPTURES / name, "rb") as file:
        return file.read().decode().splitlines()


def figure(text):
    """A figure worth knowing, for who reads the log of the tests."""
    print(f"figure: {text}", flush=True)


def need_captures():
    """Ends the program as skipped, and says so, where the recorded captures are not there."""
    if not (CAPTURES / "btcusdt_20240808.gz").exists():
        print(f"SKIPPED: no captures in {CAPTURES}. Set SLUICE_CAPTURES to the directory that has them.",
              file=sys.stderr)
        sys.exit(SKIPPED)


def main():
    for program, variable in ((SLUICE, "SLUICE_PROGRAM"), (SIMULATOR, "SLUICE_SIMULATOR")):
        if shutil.which(program) is None:
            sys.exit(f"there is no program {program}: set {variable} to the one that was built")
    unittest.main(verbosity=2)
