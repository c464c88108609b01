# SPDX-License-Identifier: Apache-2.0
"""Ending a run in full flow: the receipt balances with the simulator's truth and with the tables, however it ends."""

import signal
import socket
import sqlite3

import support

SMALL_BUFFERS = ("buffer: { records: 50k, bytes: 16MiB }", "buffer: { records: 2k, bytes: 2MiB }")


class StopTest(support.Case):
    def full_flow(self, *edits, options=()):
        """The simulator sends without end, as fast as it goes, and rows are being stored."""
        exchange = support.Simulator(self, "--rate", "0")
        sluice = self.start(exchange, *edits, options=options)
        self.wait_for_rows(sluice, support.frames(20_000))
        return exchange, sluice

    def assert_no_hole(self, truth):
        """Of each stream the tables hold what was sent, from the first to some last event: all but the newest, which
        the kernel still had or which came after the stop."""
        sent, stored = support.truth_ids(truth), self.stored_ids()
        for key, ids in stored.items():
            self.assertEqual(support.first_difference(ids, sent[key][:len(ids)]), None, f"ids of {key}: stored, sent")
        return sum(map(len, stored.values())), sum(map(len, sent.values()))

    def assert_receipt_is_true(self, result, truth, code):
        self.assert_balanced(result, code)
        stored, sent = self.assert_no_hole(truth)
        account = result.node("exchange")["account"]
        self.assertEqual(account["delivered"], stored)
        self.assertLessEqual(account["received"], sent)
        self.assertEqual(account["received"], account["delivered"] + account["unsettled"] + account["failed"])
        self.assertEqual(result.receipt["may_be_lost"], account["unsettled"] + account["failed"])
        self.assertEqual(result.receipt["will_be_replayed"], 0)
        return account

    def stopped_by(self, number):
        exchange, sluice = self.full_flow()
        sluice.send(number)
        result = sluice.result()
        truth = exchange.stop()
        account = self.assert_receipt_is_true(result, truth, 0)
        self.assertEqual(account["received"], account["delivered"])
        self.assertEqual(truth["connections"][0]["closed_by"], "client, 1000")
        self.assertIn("balanced: every record has its verdict", result.stdout)

    def test_sigterm_drains(self):
        self.stopped_by(signal.SIGTERM)

    def test_sigint_drains(self):
        self.stopped_by(signal.SIGINT)

    def lock_the_store(self):
        connection = sqlite3.connect(self.store, timeout=support.PATIENCE_S, isolation_level=None)
        self.addCleanup(connection.close)
        connection.execute("BEGIN IMMEDIATE")
        return connection

    def test_a_second_sigterm_ends_at_once_and_says_what_may_be_lost(self):
        exchange, sluice = self.full_flow(SMALL_BUFFERS, options=["--drain-seconds", "3600"])
        lock = self.lock_the_store()
        support.wait_until_reading_rests(sluice, exchange.port())
        sluice.send(signal.SIGTERM)
        support.wait_until(lambda: support.receive_queue_bytes(sluice.pid, exchange.port()) is None,
                           "the first signal has closed the connection")
        self.assertTrue(sluice.is_running(), "it waits for what is on its way")
        sluice.send(signal.SIGTERM)
        result = sluice.result()
        lock.rollback()
        truth = exchange.stop()
        self.assert_receipt_is_true(result, truth, 5)
        self.assertGreater(result.receipt["may_be_lost"], 0)
        self.assertIn("may be lost", result.stdout)

    def test_the_drain_ends_at_its_deadline_and_says_what_may_be_lost(self):
        exchange, sluice = self.full_flow(SMALL_BUFFERS, options=["--drain-seconds", "0.2"])
        lock = self.lock_the_store()
        support.wait_until_reading_rests(sluice, exchange.port())
        result = sluice.stop()
        lock.rollback()
        truth = exchange.stop()
        self.assert_receipt_is_true(result, truth, 5)
        self.assertGreater(result.receipt["may_be_lost"], 0)

    def test_without_an_exchange_a_stop_is_clean(self):
        exchange = support.Simulator(self)
        url = exchange.url()
        exchange.stop()
        graph = self.quickstart()
        sluice = support.Sluice(self, graph, environment={"BINANCE_WS_URL": url})
        support.wait_until(self.store.exists, "the store is open")
        result = sluice.stop()
        self.assert_all_delivered(result, 0)

    def test_a_server_that_accepts_and_says_nothing_does_not_hold_up_a_stop(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(support.PATIENCE_S)
            for scheme in ("ws", "wss"):
                with self.subTest(scheme):
                    url = f"{scheme}://127.0.0.1:{server.getsockname()[1]}"
                    sluice = support.Sluice(self, self.quickstart(), environment={"BINANCE_WS_URL": url})
                    connection, _ = server.accept()
                    with connection:
                        self.assert_all_delivered(sluice.stop(), 0)

    def test_a_killed_process_leaves_a_store_without_holes_which_the_next_run_continues(self):
        exchange, sluice = self.full_flow()
        sluice.send(signal.SIGKILL)
        self.assertEqual(sluice.wait(), -signal.SIGKILL)
        truth = exchange.stop()
        self.assertEqual(self.query("PRAGMA integrity_check"), [("ok",)])
        stored, _ = self.assert_no_hole(truth)
        self.assertGreaterEqual(stored, support.frames(20_000))

        count = support.frames(10_000)
        exchange = support.Simulator(self, "--rate", "0", "--frames", count, "--seed", "2", name="next")
        sluice = self.start(exchange)
        self.wait_for_rows(sluice, stored + count)
        self.assert_all_delivered(sluice.stop(), count)


if __name__ == "__main__":
    support.main()
