# SPDX-License-Identifier: Apache-2.0
"""What is missing is known: the table `gaps` on real servers, and the queries of deploy/sql/completeness.sql."""

import subprocess

import pipeline_support as pipeline
import support

SQL = support.SOURCE / "deploy" / "sql"
SHAPE = ("select table_name, column_name, data_type, is_nullable from information_schema.columns where table_schema = 'public'"
         " order by 1, ordinal_position")
INDEXES = "select indexname, indexdef from pg_indexes where schemaname = 'public' order by 1"


class GapsTest(pipeline.PipelineCase):
    def open_gaps_and_holes(self):
        """The answers of the two queries."""
        text = (SQL / "completeness.sql").read_text()
        return [self.query(query) for query in text.split(";\n") if query.strip()]

    def make_tables(self):
        subprocess.run(["psql", self.url, "-Xq", "-f", SQL / "schema.sql"], check=True, capture_output=True)

    def add_trades(self, symbol, kind, ids):
        rows = ", ".join(f"(now(), '{symbol}', '{kind}', {number}, 1, 1, true)" for number in ids)
        self.query(f"insert into trades values {rows}")

    def add_gap(self, gap, state, first, last, count, second, reason="null", symbol="BTCUSDT", kind="trade"):
        self.query(f"insert into gaps values ('{gap}', '{state}', '{symbol}', '{symbol.lower()}@{kind}', '{kind}', {first}, {last},"
                   f" {count}, null, timestamptz '2026-01-01 00:00:00Z' + interval '{second} s', 'cut', {reason})")

    def test_the_queries_show_what_is_missing(self):
        self.make_tables()
        self.assertEqual(self.open_gaps_and_holes(), [[], []])
        self.add_trades("BTCUSDT", "trade", [*range(100, 110), *range(120, 130), *range(131, 140)])
        self.add_trades("BTCUSDT", "aggTrade", range(125, 128))
        self.add_trades("ETHUSDT", "trade", range(5, 20))
        open_gaps, holes = self.open_gaps_and_holes()
        self.assertEqual(open_gaps, [])
        self.assertEqual(holes, [["BTCUSDT", "trade", "110", "119", "10", None], ["BTCUSDT", "trade", "130", "130", "1", None]])

        self.add_gap("btcusdt@trade/110-119", "found", 110, 119, 10, 1)
        self.add_gap("btcusdt@trade/50-60", "found", 50, 60, 11, 2)
        self.add_gap("btcusdt@trade/50-60", "repaired", 50, 60, 11, 3)
        self.add_gap("btcusdt@bookTicker/7-9", "found", 7, 9, "null", 4, kind="bookTicker")
        names = lambda: [row[2] for row in self.open_gaps_and_holes()[0]]
        self.assertEqual(names(), ["110", "7"])
        self.add_gap("btcusdt@bookTicker/7-9", "permanent", 7, 9, "null", 5, "'quotes'", kind="bookTicker")
        self.add_gap("btcusdt@trade/110-119", "repaired", 110, 114, 5, 6)
        open_gaps, holes = self.open_gaps_and_holes()
        self.assertEqual([row[1:] for row in open_gaps], [["BTCUSDT@trade".lower(), "110", "119", "10", "{[115,120)}", "cut"]])
        self.add_trades("BTCUSDT", "trade", range(110, 115))
        self.add_gap("btcusdt@trade/110-119", "permanent", 115, 119, 5, 7, "'the exchange has forgotten them'")
        # The process that found it was killed; the next one found more, and closed all of it.
        self.add_gap("ethusdt@trade/20-29", "found", 20, 29, 10, 8, symbol="ETHUSDT")
        self.add_gap("ethusdt@trade/20-35", "found", 20, 35, 16, 9, symbol="ETHUSDT")
        self.add_gap("ethusdt@trade/20-35", "repaired", 20, 24, 5, 10, symbol="ETHUSDT")
        self.assertEqual([row[5] for row in self.open_gaps_and_holes()[0]], ["{[25,30)}", "{[25,36)}"])
        self.add_gap("ethusdt@trade/20-35", "repaired", 25, 35, 11, 11, symbol="ETHUSDT")
        open_gaps, holes = self.open_gaps_and_holes()
        self.assertEqual(open_gaps, [])
        self.assertEqual(holes, [["BTCUSDT", "trade", "115", "119", "5", "the exchange has forgotten them"],
                                 ["BTCUSDT", "trade", "130", "130", "1", None]])

    def holes_of(self, truth):
        """{stream: ids that the exchange did not send between the first and the last id that it sent}"""
        holes = {}
        for (symbol, kind), ids in support.truth_ids(truth).items():
            missing = set(range(min(ids), max(ids) + 1)) - set(ids)
            if kind != "bookTicker" and missing:
                holes[f"{symbol.lower()}@{kind}"] = missing
        return holes

    def ids_in_gaps(self, *states):
        """{stream: ids that are in rows of these states}; an id that is in two of them fails the test."""
        found = {}
        for stream, first, last in self.query("select stream, first_id, last_id from gaps where stream_type <> 'bookTicker'"
                                              f" and state in ({str(states)[1:-1].rstrip(',')})"):
            ids, rows = found.setdefault(stream, set()), set(range(int(first), int(last) + 1))
            self.assertFalse(ids & rows, f"{stream}: ids are in two rows of {states}")
            ids |= rows
        return found

    def run_cut(self, *edits):
        """Both processes while the exchange cuts the connection and its market goes on; answers the exchange's truth."""
        rate, cuts = 400, 5
        exchange = self.exchange("--rate", rate, "--live-clock", "--frames", rate * (cuts + 2), *[
            word for cut in range(cuts) for word in ("--cut-at", rate * (cut + 1))])
        graph = self.graph(*edits)
        ingest, buffer = self.ingest(graph, exchange), self.buffer(graph)
        count = exchange.wait_for_end_of_data()["sent_events"]
        self.wait_for_log(count, ingest, buffer)
        return exchange, ingest, buffer

    def end(self, exchange, ingest, buffer):
        result = ingest.stop()
        self.wait_until_drained(buffer)
        self.assert_ended(result)
        self.assert_ended(buffer.stop())
        return result, exchange.stop()

    def test_every_trade_is_stored_although_the_connection_is_cut(self):
        exchange, ingest, buffer = self.run_cut()
        self.wait_for(lambda: self.counter("ingest", "sluice_binance_ws_open_gaps") == 0, "every gap is closed", (ingest, buffer),
                      account=lambda: self.ready("ingest"))
        result, truth = self.end(exchange, ingest, buffer)
        holes = self.holes_of(truth)
        self.assertGreater(len(holes), 0)
        for states in (("found",), ("repaired",), ("repaired", "permanent")):
            self.assertEqual(self.ids_in_gaps(*states), holes, states)
        self.assertEqual(self.open_gaps_and_holes(), [[], []])
        stored = {}
        for record in self.records(self.trades_topic):
            kind, number, *_ = pipeline.event(record.json)
            stored.setdefault((record.key, kind), []).append(number)
        sent = support.truth_ids(truth)
        for (symbol, kind), ids in stored.items():
            self.assertEqual(ids, list(range(min(sent[symbol, kind]), max(sent[symbol, kind]) + 1)), f"{kind} of {symbol} in the topic")
        self.assertEqual(self.rows("trades"), sum(map(len, stored.values())))
        missed = sum(map(len, holes.values()))
        self.assertEqual(result.metric("exchange", "repaired_ids_total"), missed)
        self.assertEqual(result.metric("exchange", "permanent_ids_total"), 0)
        support.figure(f"websocket cut x5: {missed} trades passed while nobody listened; missing 0, doubled 0, out of order 0")

    def test_what_cuts_lose_is_in_the_table_with_its_reason(self):
        exchange, ingest, buffer = self.run_cut(pipeline.NO_REPAIR)
        result, truth = self.end(exchange, ingest, buffer)
        holes = self.holes_of(truth)
        self.assertGreater(len(holes), 0)
        self.assertEqual(self.ids_in_gaps("found"), holes)
        self.assertEqual(self.ids_in_gaps("permanent"), holes)
        self.assertEqual(result.metric("exchange", "missing_ids_total"), sum(map(len, holes.values())))
        open_gaps, missing = self.open_gaps_and_holes()
        self.assertEqual(open_gaps, [])
        self.assertEqual(sum(int(row[4]) for row in missing), sum(map(len, holes.values())))
        self.assertEqual({row[5] for row in missing}, {"no repair is configured"})

    def test_the_graph_makes_the_tables_of_schema_sql(self):
        self.make_tables()
        wanted = self.query(SHAPE), self.query(INDEXES)
        self.query("drop table trades; drop table book_ticker; drop table gaps")
        exchange = self.exchange("--rate", "100", "--frames", "100")
        buffer = self.buffer(self.graph())
        self.wait_until_ready("buffer", buffer)
        self.assert_ended(buffer.stop())
        exchange.stop()
        self.assertEqual((self.query(SHAPE), self.query(INDEXES)), wanted)


if __name__ == "__main__":
    pipeline.main()
