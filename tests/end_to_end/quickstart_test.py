# SPDX-License-Identifier: Apache-2.0
"""The quick start as it is shipped: through the embedded log into the tables, and nothing of it is lost at a stop."""

import sqlite3

import support

PROCESSES = ("graph: quickstart\n", "graph: quickstart\nprocesses:\n  ingest: { from: exchange }\n"
                                    "  buffer: { from: [trade_log, quote_log] }\n")


class QuickstartTest(support.Case):
    def quickstart(self, *edits, name="quickstart"):
        return super().quickstart(*edits, name=name)

    def assert_drained_through(self, result, count):
        """What the exchange sent was accepted by the logs, read from them and stored, all of it."""
        self.assert_balanced(result)
        account = result.node("exchange")["account"]
        self.assertEqual((account["received"], account["accepted"], account["unsettled"]), (count, count, 0))
        self.assertEqual(result.receipt["may_be_lost"], 0)
        relays = {relay["name"]: relay for relay in result.receipt["relays"]}
        for log, table in (("trade_log", "trades"), ("quote_log", "book_ticker")):
            self.assertEqual(relays[log]["left"], 0)
            self.assertEqual(relays[log]["read"], result.node(table)["delivered"])
        self.assertEqual(sum(relay["accepted"] for relay in relays.values()), count)

    def test_what_was_sent_is_in_the_tables_in_order(self):
        count = support.frames(60_000)
        exchange = support.Simulator(self, "--rate", "0", "--frames", count)
        sluice = self.start(exchange)
        self.wait_for_rows(sluice, count)
        result = sluice.stop()
        truth = exchange.stop()
        self.assert_drained_through(result, count)
        self.assert_stored_as_sent(truth)

    def test_a_stop_in_full_flow_stores_what_the_log_holds(self):
        exchange = support.Simulator(self, "--rate", "5000")
        sluice = self.start(exchange)
        self.wait_for_rows(sluice, 5000)
        result = sluice.stop()
        exchange.stop()
        count = result.node("exchange")["account"]["received"]
        self.assert_drained_through(result, count)
        self.assertEqual(self.rows("trades") + self.rows("book_ticker"), count)

    def test_while_the_store_is_held_the_log_forgets_nothing_that_was_not_read(self):
        count = support.frames(200_000)
        exchange = support.Simulator(self, "--rate", "0", "--frames", count)
        sluice = self.start(exchange)
        self.wait_for_rows(sluice, 1000)
        lock = sqlite3.connect(self.store, isolation_level=None)
        self.addCleanup(lock.close)
        lock.execute("PRAGMA busy_timeout = 60000")
        lock.execute("BEGIN IMMEDIATE")
        support.wait_until_reading_rests(sluice, exchange.port())
        lock.rollback()
        self.wait_for_rows(sluice, count)
        result = sluice.stop()
        truth = exchange.stop()
        self.assert_drained_through(result, count)
        self.assert_stored_as_sent(truth)

    def test_the_proof_says_that_the_log_is_in_memory(self):
        code, out, err = self.run_command("validate", self.quickstart())
        self.assertEqual(code, 0, out + err)
        self.assertIn("trade_log is not durable (in memory only: brokers: embedded", out)

    def test_it_may_not_be_cut_into_processes(self):
        code, out, err = self.run_command("validate", self.quickstart(PROCESSES))
        self.assertEqual(code, 1, out + err)
        self.assertIn('a graph may be cut only at a relay that is durable, and "trade_log" is not (in memory only',
                      out + err)


if __name__ == "__main__":
    support.main()
