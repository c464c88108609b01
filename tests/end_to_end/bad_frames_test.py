# SPDX-License-Identifier: Apache-2.0
"""Frames that hold no event, and events that no table takes: each is in the rejects file with its reason, and nothing
else is lost."""

import base64
import contextlib
import json
import sqlite3

import support

TRADE = {"e": "trade", "E": 1723161601438, "s": "BTCUSDT", "t": 1, "p": "61685.99000000", "q": "0.00017000",
         "T": 1723161601437, "m": True, "M": True}
QUOTE = {"u": 1, "s": "BTCUSDT", "b": "61685.99000000", "B": "1.25869000", "a": "61686.00000000", "A": "2.44816000"}


def trade(number, **changes):
    data = {**TRADE, "t": number, **changes}
    return {"stream": "btcusdt@trade", "data": {key: value for key, value in data.items() if value is not ...}}


def quote(number, **changes):
    data = {**QUOTE, "u": number, **changes}
    return {"stream": "btcusdt@bookTicker", "data": {key: value for key, value in data.items() if value is not ...}}


def stream_count(connection, key):
    symbol, kind = key
    return connection["streams"].get(f"{symbol.lower()}@{kind}", {"count": 0})["count"]


class BadFramesTest(support.Case):
    count = 2_000

    def malformed(self, kind, *edits):
        exchange = support.Simulator(self, "--rate", "0", "--frames", self.count, "--malformed-at", f"every:200:{kind}")
        sluice = self.start(exchange, *edits)
        self.wait_for_rows(sluice, self.count)
        support.wait_until_all_is_read(sluice, exchange.port())
        result = sluice.stop()
        truth = exchange.stop()
        sent = sum(connection["malformed"] for connection in truth["connections"])
        self.assertEqual(sent, self.count // 200)
        self.assert_balanced(result)
        self.assert_stored_as_sent(truth)
        self.assertEqual(result.receipt["may_be_lost"], 0)
        return result, sent

    def assert_all_rejected(self, kind):
        result, sent = self.malformed(kind)
        self.assertEqual(result.metric("exchange", "malformed_total"), sent)
        self.assertEqual(result.metric("exchange", "connections_total"), 1)
        self.assertEqual(result.edge("exchange.malformed -> rejects")["out"], sent)
        self.assertEqual(result.node("exchange")["account"]["received"], self.count + sent)
        self.assertEqual(result.node("rejects")["delivered"], sent)
        lines = self.rejected()
        self.assertEqual(len(lines), sent)
        return lines

    def test_text(self):
        for line in self.assert_all_rejected("text"):
            self.assertRegex(line["payload"], r"^this is no JSON \(\d+\)$")

    def test_truncated_json(self):
        for line in self.assert_all_rejected("truncated"):
            self.assertTrue(line["payload"].endswith('"s":"BTCUS'), line)

    def test_invalid_utf8(self):
        for line in self.assert_all_rejected("utf8"):
            self.assertIn(b"\xff\xc0\x80", base64.b64decode(line["payload_base64"]))

    def test_a_megabyte_of_junk(self):
        for line in self.assert_all_rejected("junk"):
            self.assertEqual(line["payload"], "x" * (1 << 20))

    def test_missing_fields(self):
        for line in self.assert_all_rejected("fields"):
            self.assertEqual(line["payload"]["data"], {"e": "trade", "E": 1723161601438, "s": "BTCUSDT"})

    def test_wrong_types(self):
        for line in self.assert_all_rejected("types"):
            self.assertEqual(line["payload"]["data"]["t"], "one")

    def test_all_kinds_in_turn(self):
        result, sent = self.malformed("all")
        unknown = result.metric("exchange", "unknown_streams_total")
        self.assertEqual(result.metric("exchange", "malformed_total") + unknown, sent)
        self.assertEqual(unknown, 1)
        self.assertEqual(len(self.rejected()), sent - unknown)

    def test_unknown_streams_are_no_malformed_frames(self):
        result, sent = self.malformed("stream")
        self.assertEqual(result.metric("exchange", "unknown_streams_total"), sent)
        self.assertEqual(self.rejected(), [])

    def test_malformed_frames_discarded_by_order(self):
        result, sent = self.malformed(
            "text", ("  - { from: exchange.malformed, to: rejects, buffer: { records: 1k, bytes: 4MiB } }\n", ""),
            ("    reconnect:", "    malformed: discard\n    reconnect:"))
        self.assertEqual(result.metric("exchange", "malformed_discarded_total"), sent)
        self.assertEqual(self.rejected(), [])

    def test_a_frame_above_the_limit_ends_the_connection(self):
        exchange = support.Simulator(self, "--rate", "5000", "--malformed-at", "1000:junk")
        sluice = self.start(exchange, ("    reconnect: { first: 1s, max: 60s }",
                                       "    max_frame: 64KiB\n    reconnect: { first: 20ms, max: 100ms }"))
        self.wait_for_rows(sluice, 3_000)  # these come by the next connection
        result = sluice.stop()
        truth = exchange.stop()
        self.assert_balanced(result)
        self.assertEqual(result.metric("exchange", "reconnects_too_big_total"), 1)
        self.assertEqual(result.metric("exchange", "connections_total"), 2)
        self.assertEqual(result.metric("exchange", "gaps_total"), 1)
        # What was on its way behind the frame is gone; nothing in front of it, and nothing came twice.
        stored = {(key, number) for key, ids in self.stored_ids().items() for number in ids}
        self.assertEqual(len(stored), result.node("exchange")["account"]["delivered"])
        sent = {(key, number) for key, ids in support.truth_ids(truth).items() for number in ids}
        self.assertLessEqual(stored, sent)
        first = truth["connections"][0]
        kept = sum((key, number) in stored for key, ids in support.truth_ids(truth).items()
                   for number in ids[:stream_count(first, key)])
        self.assertGreaterEqual(kept, 1000)

    def replayed(self, *frames):
        """These frames, each on a stream that the graph takes, with good trades around them."""
        capture = self.directory / "poison.txt"
        lines = [f"{1723161600000 + at} {json.dumps(frame, separators=(',', ':'))}\n"
                 for at, frame in enumerate(frames)]
        capture.write_text("".join(lines))
        exchange = support.Simulator(self, "--capture", capture, "--speed", "0")
        return exchange, self.start(exchange)

    def test_what_the_table_refuses_is_rejected_alone_with_its_column(self):
        poison = [
            ("price", trade(2, p="1234567890123.00000000")), ("price", trade(3, p="0.123456789")),
            ("price", trade(4, p="-")), ("price", trade(5, p="")), ("price", trade(6, p=...)),
            ("price", trade(7, p=None)), ("quantity", trade(8, q="many")), ("event_time", trade(9, T="soon")),
            ("event_time", trade(10, T=...)), ("is_buyer_maker", trade(11, m="no")), ("event_type", trade(12, e=7)),
            ("best_ask_price", quote(2, a="12345678901234")), ("best_bid_qty", quote(3, B=[])),
        ]
        good = [trade(1), quote(1), trade(100), quote(100)]
        exchange, sluice = self.replayed(good[0], good[1], *[frame for _, frame in poison], good[2], good[3])
        self.wait_for_rows(sluice, 4)
        support.wait_until(lambda: len(self.rejected()) == len(poison), "all that is bad is rejected")
        result = sluice.stop()
        exchange.stop()
        self.assert_balanced(result)
        account = result.node("exchange")["account"]
        self.assertEqual((account["delivered"], account["dead_lettered"]), (4, len(poison)))
        self.assertEqual(result.metric("trades", "rows_refused_total"), 11)
        self.assertEqual(result.metric("book_ticker", "rows_refused_total"), 2)
        self.assertEqual(self.stored_ids(), {("BTCUSDT", "trade"): [1, 100], ("BTCUSDT", "bookTicker"): [1, 100]})
        rejected = {("trades" if "t" in line["payload"] else "book_ticker",
                     line["payload"].get("t", line["payload"].get("u"))): line for line in self.rejected()}
        for column, frame in poison:
            data = frame["data"]
            table = "trades" if "t" in data else "book_ticker"
            line = rejected.pop((table, data.get("t", data.get("u"))))
            stamped = dict(line["payload"])
            stamped.pop("ingestion_timestamp")
            self.assertEqual(stamped, data)
            self.assertIn(column, line["error"], f"the reason names the column: {line}")
            self.assertEqual(line["error_node"], table)
            self.assertTrue(line["error_code"])
        self.assertEqual(rejected, {})

    def test_a_row_that_the_store_drops_in_silence_is_rejected_and_not_delivered(self):
        count = 2_000
        first = support.Simulator(self, "--rate", "0", "--frames", 100, name="first")
        sluice = self.start(first)
        self.wait_for_rows(sluice, 100)
        sluice.stop()
        first.stop()
        with contextlib.closing(sqlite3.connect(self.store)) as connection:
            connection.execute("CREATE TRIGGER swallow BEFORE INSERT ON trades WHEN NEW.trade_id % 7 = 0 "
                               "BEGIN SELECT RAISE(IGNORE); END")
            for table in ("trades", "book_ticker"):
                connection.execute(f"DELETE FROM {table}")
            connection.commit()

        exchange = support.Simulator(self, "--rate", "0", "--frames", count)
        sluice = self.start(exchange)
        truth = exchange.wait_for_end_of_data()
        swallowed = {(symbol, kind, number) for (symbol, kind), ids in support.truth_ids(truth).items()
                     for number in ids if kind != "bookTicker" and number % 7 == 0}
        self.wait_for_rows(sluice, count - len(swallowed))
        support.wait_until(lambda: self.rejects.read_bytes().count(b"\n") == len(swallowed), "the rest is rejected")
        result = sluice.stop()
        self.assert_balanced(result)
        account = result.node("exchange")["account"]
        self.assertEqual((account["delivered"], account["dead_lettered"]), (count - len(swallowed), len(swallowed)))
        payloads = [line["payload"] for line in self.rejected()]
        self.assertEqual({(p["s"], p["e"], p["t" if p["e"] == "trade" else "a"]) for p in payloads}, swallowed)

    def test_a_wrong_schema_stops_the_graph_instead_of_filling_the_rejects(self):
        """More than a hundred refused in a row, with none stored between: these are no bad records."""
        exchange, sluice = self.replayed(*[trade(number, p="no price") for number in range(1, 301)])
        result = sluice.result()
        exchange.stop()
        self.assert_balanced(result, 5)
        self.assertLessEqual(len(self.rejected()), 100)
        account = result.node("exchange")["account"]
        self.assertEqual(account["dead_lettered"], len(self.rejected()))
        self.assertEqual(result.receipt["may_be_lost"], account["received"] - account["dead_lettered"])
        self.assertIn('node "trades"', result.stderr)


if __name__ == "__main__":
    support.main()
