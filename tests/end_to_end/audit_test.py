# SPDX-License-Identifier: Apache-2.0
"""`sluice audit`: of recorded trades whose connection is cut at arbitrary points it says whether the tables are complete,
and a plain SQL query over the ids says the same."""

import json
import unittest

import support

CAPTURES = [support.CAPTURES / name for name in ("btcusdt_20240808.gz", "ethusdt_20240808.gz")]
HAS_CAPTURES = all(capture.exists() for capture in CAPTURES)
SQL = "SELECT symbol, event_type, count(DISTINCT trade_id), max(trade_id) - min(trade_id) + 1 FROM trades GROUP BY 1, 2"


class AuditTest(support.Case):
    def ids(self):
        """By symbol and type, the ids that the table has."""
        ids = {}
        for symbol, kind, number in self.query("SELECT symbol, event_type, trade_id FROM trades"):
            ids.setdefault((symbol, kind), set()).add(number)
        return ids

    def missing(self):
        return {key: set(range(min(ids), max(ids) + 1)) - ids for key, ids in self.ids().items()}

    def audit(self, graph, *options):
        return self.run_command("audit", graph, *options, environment={"SQLITE_PATH": str(self.store)})

    def audited(self, graph):
        """By key and series, the ids that the audit misses, and its answer."""
        code, out, error = self.audit(graph, "--json")
        self.assertEqual(error, "")
        answer = json.loads(out)
        missing = {}
        for store in answer["stores"]:
            for key in store["keys"]:
                if key["rule"] == "consecutive":
                    missing[(key["key"], key["series"])] = {
                        number for hole in key["holes"] for number in range(hole["first"], hole["last"] + 1)}
        return code, answer, missing

    def run_capture(self, *options, edits=(), environment=None):
        exchange = support.Simulator(self, "--capture", *CAPTURES, "--live-clock", "--weight-limit", "1000000", *options)
        edits = [(old, new.replace("REST", exchange.url().replace("ws://", "http://"))) for old, new in edits]
        edits.append(("reconnect: { first: 1s, max: 60s }", "reconnect: { first: 50ms, max: 100ms }"))
        graph = self.quickstart(*edits)
        sluice = support.Sluice(self, graph, environment={"BINANCE_WS_URL": exchange.url(), **(environment or {})})
        exchange.wait_for_end_of_data()
        return exchange, sluice, graph

    @unittest.skipUnless(HAS_CAPTURES, "no recordings")
    def test_cut_and_repaired_recordings_are_complete(self):
        repair = ("reconnect: {", "repair: { rest: 'REST' }\n    reconnect: {")
        exchange, sluice, graph = self.run_capture("--rate", "6000", "--cut-at", "every:9001", "--close-at", "every:13001",
                                                   "--drop", "trade:every:1999:5", edits=[repair])
        issued = {(each["stream"].split("@")[0].upper(), "trade"): each["issued"]["last"]
                  for each in json.loads(exchange.truth_path.read_text())["streams"] if each["stream"].endswith("@trade")}
        # What went by behind the last frame of a stream shows only when another one comes.
        def is_complete():
            ids = self.ids() if self.rows("trades") else {}
            return (set(ids) == set(issued) and not any(self.missing().values()) and
                    all(max(held) > issued[key] - 100 for key, held in ids.items()))

        support.wait_until(is_complete, "no id is missing", pause_s=0.5)
        result = sluice.stop()
        exchange.stop()
        self.assertEqual(result.code, 0, result.stderr)
        self.assertGreater(result.metric("exchange", "repaired_ids_total"), 10)
        code, answer, missing = self.audited(graph)
        self.assertEqual((code, answer["complete"], answer["missing"]), (0, True, 0))
        self.assertEqual(set(missing), set(self.ids()))
        for symbol, kind, held, span in self.query(SQL):
            self.assertEqual(held, span, f"{symbol} {kind}")
        picture = self.directory / "audit.svg"
        code, out, error = self.audit(graph, "--svg", picture)
        self.assertEqual((code, error), (0, ""))
        self.assertIn("\ncomplete: no id is missing between the first and the last of each key", out)
        self.assertIn("book_ticker: ", out)
        self.assertIn("<title>What the stores of direct hold</title>", picture.read_text())

    @unittest.skipUnless(HAS_CAPTURES, "no recordings")
    def test_without_repair_exactly_the_missing_ids_are_named(self):
        exchange, sluice, graph = self.run_capture("--rate", "20000", "--cut-at", "every:9001", "--drop",
                                                   "trade:every:97:5")
        support.wait_until_all_is_read(sluice, exchange.port())
        result = sluice.stop()
        exchange.stop()
        self.assertEqual(result.code, 0, result.stderr)
        expected = self.missing()
        count = sum(len(ids) for ids in expected.values())
        self.assertGreater(count, 200)
        code, answer, missing = self.audited(graph)
        self.assertEqual((code, answer["complete"], answer["missing"]), (5, False, count))
        self.assertEqual(missing, expected)
        code, out, _ = self.audit(graph)
        self.assertEqual(code, 5)
        holes = sum(len(key["holes"]) for store in answer["stores"] for key in store["keys"])
        self.assertTrue(out.endswith(f"\nnot complete: {count:,} ids are missing in {holes:,} holes\n"), out[-300:])

    def test_what_cannot_be_audited_says_why(self):
        code, out, error = self.audit(self.quickstart())
        self.assertEqual((code, error), (5, ""))
        self.assertIn("not complete: no store holds a record of a series", out)
        code, _, error = self.audit(self.quickstart(), "--from", "trade")
        self.assertEqual(code, 1)
        self.assertIn("--from trade: no store of this name can be audited; did you mean \"trades\"?", error)
        self.store.write_text("this is no database " * 100)
        code, out, error = self.audit(self.quickstart())
        self.assertEqual((code, error), (3, ""))
        self.assertIn("not known: trades, book_ticker could not be read to the end", out)
        graph = self.directory / "none.yaml"
        graph.write_text("graph: none\nnodes:\n  a: { type: generate }\n  b: { type: discard }\nedges:\n  - a -> b\n")
        code, _, error = self.audit(graph)
        self.assertEqual(code, 1)
        self.assertIn("no source of this graph declares ids that say what is missing", error)


if __name__ == "__main__":
    support.main()
