# SPDX-License-Identifier: Apache-2.0
"""A generated flow, as fast as the tables take it: what the simulator sent is what the tables hold."""

from decimal import Decimal

import support

START_MS = 1790000000000


class FlowTest(support.Case):
    def flow(self, count, name):
        exchange = support.Simulator(self, "--rate", "0", "--frames", count, "--start-time", START_MS, name=name)
        sluice = self.start(exchange)
        truth = exchange.wait_for_end_of_data()
        return exchange, sluice, truth

    def sums(self, sql):
        """Sums of exact decimals, made here: SQLite would add doubles."""
        sums = {}
        for key, *values in self.query(sql):
            old = sums.get(key, [Decimal(0)] * len(values))
            sums[key] = [a + Decimal(b) for a, b in zip(old, values)]
        return sums

    def assert_sums(self, truth):
        trades = self.sums("SELECT symbol || ' ' || event_type, price, quantity FROM trades")
        quotes = self.sums("SELECT symbol || ' bookTicker', best_bid_price, best_bid_qty, best_ask_price, best_ask_qty"
                           " FROM book_ticker")
        stored = {**trades, **quotes}
        for stream in truth["streams"]:
            keys = (("sum_price", "sum_quantity") if stream["event_type"] != "bookTicker" else
                    ("sum_bid_price", "sum_bid_quantity", "sum_ask_price", "sum_ask_quantity"))
            self.assertEqual(stored[f"{stream['symbol']} {stream['event_type']}"],
                             [Decimal(stream[key]) for key in keys], stream["stream"])

    def test_flat_out_the_tables_are_the_truth_and_a_second_run_doubles_no_trade(self):
        count = support.frames(200_000)
        exchange, sluice, truth = self.flow(count, "first")
        self.assertEqual(truth["sent_events"], count)
        self.wait_for_rows(sluice, count)
        result = sluice.stop()
        exchange.stop()
        self.assert_all_delivered(result, count)
        self.assert_stored_as_sent(truth)
        self.assert_sums(truth)
        self.assertEqual(self.rejected(), [])
        trades, quotes = self.rows("trades"), self.rows("book_ticker")

        # The same events again. A trade carries its time; a quote has none but that of its arrival, which is part of
        # its key: to arrive twice is to be seen twice.
        exchange, sluice, again = self.flow(count, "second")
        self.assertEqual(support.truth_ids(again), support.truth_ids(truth))
        self.wait_for_rows(sluice, trades + 2 * quotes)
        support.wait_until_all_is_read(sluice, exchange.port())
        result = sluice.stop()
        exchange.stop()
        self.assert_all_delivered(result, count)
        self.assertEqual(self.rows("trades"), trades)
        self.assertEqual(result.metric("trades", "rows_already_there_total"), trades)
        self.assertEqual(result.metric("trades", "rows_inserted_total"), 0)
        distinct = "SELECT count(DISTINCT symbol || event_type || trade_id) FROM trades"
        self.assertEqual(self.query(distinct)[0][0], trades)
        self.assertEqual(self.query("SELECT count(DISTINCT symbol || update_id) FROM book_ticker")[0][0], quotes)


if __name__ == "__main__":
    support.main()
