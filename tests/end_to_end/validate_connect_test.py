# SPDX-License-Identifier: Apache-2.0
"""`sluice validate --connect`: what the exchange and the store really are, each finding on the line that asked, the exit
code, and that nothing is different afterwards."""

import json
import socket
import sqlite3
import sys

import support

HOLD = """import sqlite3, sys, time
store = sqlite3.connect(sys.argv[1], isolation_level=None)
store.execute("BEGIN IMMEDIATE")
print("held", flush=True)
time.sleep(3600)
"""

CODES = {"server-differs", "server-unreachable"}


class ValidateConnectTest(support.Case):
    def validate(self, graph, url, *options):
        """(exit code, [(severity, code, the text of the line from where it points, sentence)], the whole answer);
        the directory must be left as it was, to the byte."""
        before = self.contents()
        code, out, err = self.run_command("validate", "--connect", "--json", *options, graph,
                                          environment={"BINANCE_WS_URL": url, "SQLITE_PATH": str(self.store)})
        self.assertEqual(self.contents(), before)
        self.assertEqual(err, "")
        answer = json.loads(out)
        lines = graph.read_text().splitlines()
        findings = [(each["severity"], each["code"], lines[each["line"] - 1][each["column"] - 1:], each["sentence"])
                    for each in answer["diagnostics"]["diagnostics"] if each["code"] in CODES]
        self.assertEqual(answer["valid"], code == 0 or "--strict" in options)
        return code, findings, answer

    def contents(self):
        return {path.name: (path.read_bytes(), path.stat().st_mtime_ns)
                for path in self.directory.iterdir() if path.suffix not in (".stdout", ".stderr", ".json", ".pem")}

    def make_store(self, sql):
        connection = sqlite3.connect(self.store)
        connection.executescript(sql)
        connection.close()

    def test_all_is_as_the_graph_needs_it_and_nothing_is_made(self):
        simulator = support.Simulator(self)
        code, findings, answer = self.validate(self.quickstart(), simulator.url())
        self.assertEqual((code, findings, answer["asked"]), (0, [], ["exchange", "trades", "book_ticker"]))
        self.assertFalse(self.store.exists())
        truth = simulator.stop()
        self.assertEqual([each["closed_by"] for each in truth["connections"]], ["client, 1000"])

    def test_a_store_that_a_run_made_fits_also_while_the_run_goes_on(self):
        simulator = support.Simulator(self)
        sluice = self.start(simulator)
        self.wait_for_rows(sluice, 100)
        code, out, _ = self.run_command(
            "validate", "--connect", "--json", self.directory / "direct.yaml",
            environment={"BINANCE_WS_URL": simulator.url(), "SQLITE_PATH": str(self.store)})
        self.assertEqual((code, json.loads(out)["diagnostics"]["errors"]), (0, 0))
        self.assertTrue(sluice.is_running())
        self.assert_balanced(sluice.stop())
        self.assertEqual(self.validate(self.quickstart(), simulator.url())[:2], (0, []))

    def test_streams_that_the_exchange_does_not_have_are_warnings(self):
        simulator = support.Simulator(self)
        graph = self.quickstart(("ETHUSDT, BNBUSDT]", "ETHUSDT, BNBUSDTT]"),
                                ("trade, aggTrade, bookTicker]\n    rec", "trade, aggTrade, kline_1w]\n    rec"))
        code, findings, _ = self.validate(graph, simulator.url())
        self.assertEqual(code, 0)
        self.assertEqual([(severity, where) for severity, _, where, _ in findings],
                         [("warning", "BNBUSDTT]"), ("warning", "kline_1w]")])
        self.assertIn("no event of bnbusdtt@trade, bnbusdtt@aggTrade and bnbusdtt@kline_1w came within 3 s",
                      findings[0][3])
        self.assertEqual(self.validate(graph, simulator.url(), "--strict")[0], 1)

    def test_an_exchange_that_sends_nothing_of_it_is_an_error(self):
        simulator = support.Simulator(self)
        graph = self.quickstart(("[BTCUSDT, ETHUSDT, BNBUSDT]", "[NEITHER, NOR]"))
        code, findings, _ = self.validate(graph, simulator.url())
        self.assertEqual((code, [each[:3] for each in findings]), (1, [("error", "server-differs", "[NEITHER, NOR]")]))

    def test_nobody_listens_and_the_other_nodes_are_asked_all_the_same(self):
        self.make_store("CREATE VIEW trades AS SELECT 1")
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
            code, findings, _ = self.validate(self.quickstart(), f"ws://127.0.0.1:{port}")
        self.assertEqual((code, [each[:3] for each in findings]),
                         (1, [("error", "server-unreachable", "exchange:"), ("error", "server-differs", "trades")]))
        self.assertIn(f"127.0.0.1:{port}: Connection refused", findings[0][3])
        self.assertIn("is a view", findings[1][3])

    def test_a_refused_upgrade(self):
        simulator = support.Simulator(self, "--refuse", "1:451")
        code, findings, _ = self.validate(self.quickstart(), simulator.url())
        self.assertEqual((code, [each[:2] for each in findings]), (1, [("error", "server-unreachable")]))
        self.assertIn("451", findings[0][3])
        self.assertEqual(self.validate(self.quickstart(), simulator.url())[:2], (0, []))

    def test_tls_that_nobody_vouches_for(self):
        simulator = support.Simulator(self, "--tls")
        url = simulator.url().replace("127.0.0.1", "localhost")
        code, findings, _ = self.validate(self.quickstart(), url)
        self.assertEqual((code, [each[:2] for each in findings]), (1, [("error", "server-unreachable")]))
        self.assertTrue(findings[0][3].endswith("[tls]"), findings[0][3])
        trusting = self.quickstart(("reconnect: {", f"ca_file: {simulator.cert_path}\n    reconnect: {{"))
        self.assertEqual(self.validate(trusting, url)[:2], (0, []))

    def test_plain_text_where_tls_is_spoken(self):
        simulator = support.Simulator(self, "--tls")
        code, findings, _ = self.validate(self.quickstart(), simulator.url().replace("wss:", "ws:"))
        self.assertEqual((code, [each[:2] for each in findings]), (1, [("error", "server-unreachable")]))

    def test_a_table_that_differs_is_named_column_by_column(self):
        simulator = support.Simulator(self)
        self.make_store("CREATE TABLE trades (event_time TEXT, symbol TEXT, event_type TEXT, trade_id INTEGER,"
                        "  price REAL, is_buyer_maker INTEGER);"
                        "CREATE UNIQUE INDEX u ON trades (symbol, event_type, trade_id);")
        code, findings, _ = self.validate(self.quickstart(), simulator.url())
        self.assertEqual(code, 1)
        self.assertEqual([each[:2] for each in findings], [("error", "server-differs")] * 3)
        places = [where.split("#")[0].strip() for _, _, where, _ in findings]
        self.assertEqual(places, ['{ from: p, as: "numeric(20,8)" }', '{ from: q, as: "numeric(20,8)" }',
                                  "[symbol, event_type, trade_id, event_time]"])
        for (_, _, _, sentence), part in zip(findings, ("price as REAL", "no column quantity", "no unique index")):
            self.assertIn(part, sentence)

    def test_a_locked_store_is_named_with_its_holder(self):
        simulator = support.Simulator(self)
        self.make_store("PRAGMA journal_mode = WAL; CREATE TABLE other (a)")
        # A process of its own: when this one reads the files to compare them, the kernel ends its locks on them.
        holder = support.Process(self, "holder", [sys.executable, "-c", HOLD, self.store])
        support.wait_until(lambda: holder.stdout, "the store is held")
        code, findings, _ = self.validate(self.quickstart(), simulator.url())
        self.assertEqual((code, [each[:2] for each in findings]), (1, [("error", "server-differs")] * 2))
        self.assertIn(f"process {holder.pid} holds {self.store}", findings[0][3])
        holder.kill()
        self.assertEqual(self.validate(self.quickstart(), simulator.url())[:2], (0, []))


if __name__ == "__main__":
    support.main()
