# SPDX-License-Identifier: Apache-2.0
"""Recorded frames of the exchange, through the quick start into its tables: each event once, digit for digit. What a
table must hold is read here straight from the recording, by other code than the product's."""

import datetime
import json
import unittest
from decimal import Decimal

import support

SYMBOLS = ("BTCUSDT", "ETHUSDT", "BNBUSDT")
EPOCH = datetime.datetime(1970, 1, 1)


def time_text(microseconds):
    return (EPOCH + datetime.timedelta(microseconds=microseconds)).isoformat(timespec="microseconds") + "Z"


def receive_us(word):
    """A receive time in microseconds, rounded down; the unit shows by its size."""
    number = Decimal(word.rstrip(":"))
    while number < 10**14:
        number *= 1000
    while number >= 10**17:
        number /= 1000
    return int(number)


class Capture:
    """The rows that recordings come to, and the lines that hold no market event."""

    def __init__(self, *names):
        self.trades, self.quotes, self.quote_times, self.other_streams, self.no_frames = [], [], [], [], []
        for name in names:
            for line in support.capture_lines(name):
                self.take(line)
        self.trades.sort()
        self.quotes.sort()
        self.quote_times.sort()

    def take(self, line):
        at = line.find("{")
        words = line[:at].split() if at > 0 else []
        frame = json.loads(line[at:]) if len(words) == 1 else {}
        if not isinstance(frame.get("data"), dict):
            self.no_frames.append(line)
            return
        data, kind = frame["data"], frame["stream"].split("@", 1)[1]
        if kind in ("trade", "aggTrade"):
            number = data["t" if kind == "trade" else "a"]
            self.trades.append((time_text(data["T"] * 1000), data["s"], data["e"], number, data["p"], data["q"],
                                int(data["m"])))
        elif kind == "bookTicker":
            row = (data["s"], data["u"], data["b"], data["B"], data["a"], data["A"])
            self.quotes.append(row)
            self.quote_times.append((time_text(receive_us(words[0])), *row))
        else:
            self.other_streams.append(frame["stream"])

    def of_symbols(self, symbols):
        self.trades = [row for row in self.trades if row[1] in symbols]
        self.quotes = [row for row in self.quotes if row[0] in symbols]
        return self

    @property
    def events(self):
        return len(self.trades) + len(self.quotes)


class CapturesTest(support.Case):
    def assert_tables_hold(self, capture):
        for table, columns, rows in (("trades", support.TRADE_COLUMNS, capture.trades),
                                     ("book_ticker", support.QUOTE_COLUMNS, capture.quotes)):
            stored = sorted(self.query(f"SELECT {columns} FROM {table}"))
            self.assertEqual(support.first_difference(stored, rows), None, f"rows of {table}: stored, recorded")
        for table, columns in (("trades", ("price", "quantity")), ("book_ticker", ("best_bid_price", "best_ask_qty"))):
            for column in columns:
                kinds = self.query(f"SELECT DISTINCT typeof({column}) FROM {table}")
                self.assertIn(kinds, ([("text",)], []), f"{column} is kept as digits")

    def through_websocket(self, *names, options=(), edits=()):
        capture = Capture(*names)
        exchange = support.Simulator(self, "--capture", *[support.CAPTURES / name for name in names], "--speed", "0",
                                     *options)
        sluice = self.start(exchange, *edits)
        truth = exchange.wait_for_end_of_data()
        capture.of_symbols(SYMBOLS)
        self.wait_for_rows(sluice, capture.events)
        support.wait_until_all_is_read(sluice, exchange.port())
        result = sluice.stop()
        exchange.stop()
        self.assert_tables_hold(capture)
        self.assertEqual(self.rejected(), [])
        return capture, truth, result

    def through_file(self, name):
        capture = Capture(name)
        graph = support.SOURCE / "graphs" / "quickstart_file.yaml"
        for _ in range(2):  # a second run stores nothing twice
            self.rejects.unlink(missing_ok=True)
            sluice = support.Sluice(self, graph, environment={"CAPTURE": str(support.CAPTURES / name)})
            result = sluice.result()
            self.assert_balanced(result)
            self.assertEqual(result.receipt["will_be_replayed"], 0)
            self.assert_tables_hold(capture)
            stored = sorted(self.query(f"SELECT ingestion_ts, {support.QUOTE_COLUMNS} FROM book_ticker"))
            self.assertEqual(support.first_difference(stored, capture.quote_times), None, "times: stored, recorded")
            account = result.node("exchange")["account"]
            self.assertEqual(account["discarded"], len(capture.other_streams))
            self.assertEqual(sorted(self.rejected_payload(line) for line in self.rejected()),
                             sorted(as_value(line) for line in capture.no_frames))
        self.assertEqual(result.metric("trades", "rows_inserted_total"), 0)
        self.assertEqual(result.metric("book_ticker", "rows_inserted_total"), 0)

    def rejected_payload(self, line):
        payload = line["payload"]
        return as_value(payload if isinstance(payload, str) else json.dumps(payload))

    def test_btc_2024_by_websocket(self):
        capture, truth, result = self.through_websocket("btcusdt_20240808.gz")
        self.assertEqual((len(capture.trades), len(capture.quotes)), (9757, 28040))
        self.assert_all_delivered(result, capture.events)
        self.assert_stored_as_sent(truth)

    def test_btc_and_eth_2024_merged_by_websocket(self):
        capture, truth, result = self.through_websocket("btcusdt_20240808.gz", "ethusdt_20240808.gz")
        self.assertEqual((len(capture.trades), len(capture.quotes)), (9757 + 6106, 28040 + 24077))
        self.assert_all_delivered(result, capture.events)
        self.assert_stored_as_sent(truth)

    def test_old_shape_with_order_ids_and_depth_beside_by_websocket(self):
        """Depth is subscribed to, too: the graph has no table for it, so `route` discards it, and counts it."""
        capture, truth, result = self.through_websocket(
            "btcusdt_20230405_old_shape.gz",
            edits=[("streams: [trade, aggTrade, bookTicker]", 'streams: [trade, aggTrade, bookTicker, "depth@100ms"]')])
        self.assertEqual((len(capture.trades), len(capture.quotes)), (3144, 8015))
        self.assert_balanced(result)
        self.assertEqual(set(capture.other_streams), {"btcusdt@depth@100ms"})
        self.assertEqual(result.node("route")["discarded"], len(capture.other_streams))
        self.assert_stored_as_sent(truth)

    def test_aggregates_of_2021_by_websocket_with_all_that_was_recorded_beside(self):
        """The exchange sends streams that nobody asked for: they are counted, and nothing is rejected."""
        capture, _, result = self.through_websocket("aggtrade_20210404.gz", options=["--all-frames"])
        self.assertEqual((len(capture.trades), len(capture.quotes)), (1227 + 506, 0))
        self.assert_all_delivered(result, capture.events)
        self.assertEqual(result.metric("exchange", "unknown_streams_total"), len(capture.other_streams) + 177)

    def test_btc_2024_by_file(self):
        self.through_file("btcusdt_20240808.gz")

    def test_eth_2024_by_file(self):
        self.through_file("ethusdt_20240808.gz")

    def test_old_shape_by_file(self):
        self.through_file("btcusdt_20230405_old_shape.gz")

    def test_aggregates_of_2021_by_file(self):
        self.through_file("aggtrade_20210404.gz")


def as_value(line):
    """A rejected line as something to compare: JSON by its value, since the rejects keep it as an object."""
    try:
        return json.dumps(json.loads(line), sort_keys=True)
    except ValueError:
        return line


if __name__ == "__main__":
    support.need_captures()
    support.main()
