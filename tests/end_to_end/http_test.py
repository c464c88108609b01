# SPDX-License-Identifier: Apache-2.0
"""HTTP of a running graph: every page, readiness as servers go and come, and clients that behave badly."""

import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import xml.etree.ElementTree

import support

HTTP = ("graph: direct\n", "graph: direct\nprocesses:\n  all: { from: exchange, http: \"127.0.0.1:%d\" }\n")


def with_http(port=0):
    return HTTP[0], HTTP[1] % port


def listening_port(pid):
    """The port that the process listens on, or None before it does."""
    inodes = set()
    for entry in os.scandir(f"/proc/{pid}/fd"):
        try:
            inodes.add(os.readlink(entry.path).removeprefix("socket:[").removesuffix("]"))
        except OSError:
            continue
    for line in pathlib.Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        words = line.split()
        if words[3] == "0A" and words[9] in inodes:
            return int(words[1].split(":")[1], 16)
    return None


def samples(text):
    """{(name, frozen labels): value} of the text format; the labels of this project's graphs need no unescaping."""
    found = {}
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        series, value = line.rsplit(" ", 1)
        name, _, labels = series.rstrip("}").partition("{")
        pairs = [pair.split("=", 1) for pair in labels.split('",')] if labels else []
        found[(name, frozenset((key, text.strip('"')) for key, text in pairs))] = float(value)
    return found


def value(found, name, **labels):
    wanted = set(labels.items())
    values = [number for (known, these), number in found.items() if known == name and wanted <= these]
    assert len(values) == 1, f"{name} {labels}: {len(values)} series"
    return values[0]


class HttpTest(support.Case):
    def serve(self, exchange_url, *edits, options=()):
        """The quick start with HTTP on a free port."""
        graph = self.quickstart(with_http(), *edits)
        sluice = support.Sluice(self, graph, *options, environment={"BINANCE_WS_URL": exchange_url})

        def serves():
            if not sluice.is_running():
                raise AssertionError(f"sluice ended with {sluice.popen.returncode}\n{sluice.stderr[-4000:]}")
            return listening_port(sluice.pid)

        sluice.http_port = support.wait_until(serves, "sluice serves HTTP")
        return sluice

    def ask(self, sluice, path, method="GET"):
        connection = http.client.HTTPConnection("127.0.0.1", sluice.http_port, timeout=support.PATIENCE_S)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, answer.headers["Content-Type"], answer.read()
        finally:
            connection.close()

    def readiness(self, sluice):
        status, kind, body = self.ask(sluice, "/readyz")
        self.assertEqual(kind, "application/json")
        state = json.loads(body)
        self.assertEqual(state["status"], {200: "ready", 503: "not_ready"}[status])
        self.assertEqual(bool(state["reasons"]), status == 503)
        return state["reasons"]

    def wait_for_reason(self, sluice, code, node):
        def is_there():
            self.assertEqual(self.ask(sluice, "/healthz")[0], 200)
            return next((reason for reason in self.readiness(sluice)
                         if (reason["code"], reason["node"]) == (code, node)), None)

        reason = support.wait_until(is_there, f"{code} of {node} is a reason")
        self.assertTrue(reason["sentence"])
        self.assertRegex(reason["since"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        return reason

    def wait_until_ready(self, sluice):
        support.wait_until(lambda: not self.readiness(sluice), "sluice is ready")

    def test_every_page_of_a_run(self):
        count = support.frames(20_000)
        exchange = support.Simulator(self, "--rate", "0", "--frames", count)
        sluice = self.serve(exchange.url())
        self.wait_for_rows(sluice, count)
        self.wait_until_ready(sluice)
        self.assertEqual(self.ask(sluice, "/healthz")[0], 200)
        self.assertEqual(json.loads(self.ask(sluice, "/health")[2])["status"], "alive")
        for path in ("/", "/graph"):
            status, kind, body = self.ask(sluice, path)
            self.assertEqual(status, 200)
            self.assertIn("html" if path == "/" else "svg", kind)
            for node in ("exchange", "stamp", "route", "trades", "book_ticker", "rejects"):
                self.assertIn(node.encode() if path == "/graph" else b"/graph", body)
        picture = xml.etree.ElementTree.fromstring(self.ask(sluice, "/graph")[2])
        self.assertEqual(len(picture.findall("{*}g")), 8, "one group for each node")
        self.assertEqual(self.ask(sluice, "/nowhere")[0], 404)
        self.assertEqual(self.ask(sluice, "/metrics", "POST")[0], 405)
        self.assertEqual(self.ask(sluice, "/metrics", "HEAD"), (200, "text/plain; version=0.0.4; charset=utf-8", b""))

        def settled():
            text = self.ask(sluice, "/metrics")[2].decode()
            found = samples(text)
            return value(found, "sluice_source_unsettled_records", node="exchange") == 0 and (text, found)

        text, found = support.wait_until(settled, "all is settled")
        self.assertEqual(value(found, "sluice_source_received_records_total", node="exchange", graph="direct"), count)
        self.assertEqual(value(found, "sluice_source_settled_records_total", node="exchange", verdict="delivered"), count)
        self.assertEqual(value(found, "sluice_source_settle_seconds_count", node="exchange"), count)
        stored = sum(value(found, "sluice_sqlite_rows_inserted_total", node=node) for node in ("trades", "book_ticker"))
        self.assertEqual(stored, count)
        for name in ("process_cpu_seconds_total", "process_resident_memory_bytes", "process_start_time_seconds"):
            self.assertGreater(value(found, name), 0)
        self.check_with_promtool(text)
        self.assert_all_delivered(sluice.stop(), count)

    def check_with_promtool(self, text):
        if shutil.which("promtool") is None:
            return
        done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True,
                              timeout=support.PATIENCE_S, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_ready_as_the_exchange_comes_and_goes(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        fast = ("first: 1s, max: 60s", "first: 10ms, max: 20ms")
        sluice = self.serve(f"ws://127.0.0.1:{port}", fast)
        first = self.wait_for_reason(sluice, "not_connected", "exchange")
        for round_number in range(2):
            exchange = support.Simulator(self, "--rate", "1000", "--port", port, name=f"exchange-{round_number}")
            self.wait_until_ready(sluice)
            exchange.stop()
            again = self.wait_for_reason(sluice, "not_connected", "exchange")
            self.assertGreaterEqual(again["since"], first["since"])
        found = samples(self.ask(sluice, "/metrics")[2].decode())
        self.assertEqual(value(found, "sluice_ready"), 0)
        self.assertEqual(value(found, "sluice_not_ready", code="not_connected", node="exchange"), 1)
        self.assertEqual(value(found, "sluice_node_status", node="exchange", status="connecting"), 1)
        self.assert_balanced(sluice.stop())

    def test_blocked_by_a_locked_store_and_stopping_meanwhile(self):
        exchange = support.Simulator(self, "--rate", "1000")
        sluice = self.serve(exchange.url())
        self.wait_for_rows(sluice, 100)
        self.wait_until_ready(sluice)
        lock = sqlite3.connect(self.store, timeout=support.PATIENCE_S, isolation_level=None)
        self.addCleanup(lock.close)
        lock.execute("BEGIN IMMEDIATE")
        self.wait_for_reason(sluice, "blocked", "trades")
        lock.execute("ROLLBACK")
        self.wait_until_ready(sluice)
        lock.execute("BEGIN IMMEDIATE")
        self.wait_for_reason(sluice, "blocked", "trades")
        sluice.send(signal.SIGTERM)
        self.wait_for_reason(sluice, "stopping", None)
        lock.execute("ROLLBACK")
        self.assert_balanced(sluice.result())

    def test_a_port_in_use_ends_it_before_anything_runs(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            code, out, err = self.run_command("run", self.quickstart(with_http(port)),
                                              environment={"SQLITE_PATH": str(self.store),
                                                           "BINANCE_WS_URL": "ws://127.0.0.1:9"})
        self.assertEqual(code, 3, out + err)
        self.assertIn(f"127.0.0.1:{port}", err)
        self.assertIn("in use by another program", err)
        self.assertFalse(self.store.exists(), "a node was opened")

    def test_an_address_that_is_none_does_not_validate(self):
        graph = self.quickstart((HTTP[0], HTTP[1].replace("127.0.0.1:%d", "${HTTP_HOST}:8081")))
        code, out, _ = self.run_command("validate", graph, environment={"HTTP_HOST": "::"})
        self.assertEqual(code, 1)
        self.assertIn("needs brackets around its IPv6 address", out)
        code, out, _ = self.run_command("validate", "--strict", graph, environment={"HTTP_HOST": "[::1]"})
        self.assertEqual(code, 0, out)

    def test_bad_clients_do_not_touch_the_flow(self):
        count = support.frames(100_000)
        exchange = support.Simulator(self, "--rate", "0", "--frames", count)
        sluice = self.serve(exchange.url())
        address = ("127.0.0.1", sluice.http_port)
        crowd = []
        for number in range(300):
            client = socket.create_connection(address, timeout=support.PATIENCE_S)
            self.addCleanup(client.close)
            crowd.append(client)
            client.sendall((b"", b"GET /metr", b"GET /graph HTTP/1.1\r\nX: " + b"a" * 4000, b"\0" * 4000,
                            b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 50)[number % 5])
            if number % 10 == 9:
                found = samples(self.ask(sluice, "/metrics")[2].decode())
                self.assertLessEqual(value(found, "sluice_source_unsettled_records", node="exchange"), count)
                self.assertLessEqual(value(found, "sluice_node_held_records", node="trade_batch"), count)
        self.wait_for_rows(sluice, count)
        self.assertEqual(self.ask(sluice, "/metrics")[0], 200)
        self.assert_all_delivered(sluice.stop(), count)

    def test_without_an_address_nothing_listens(self):
        exchange = support.Simulator(self, "--rate", "1000")
        sluice = self.start(exchange)
        self.wait_for_rows(sluice, 1)
        self.assertIsNone(listening_port(sluice.pid))
        self.assert_balanced(sluice.stop())


if __name__ == "__main__":
    support.main()
