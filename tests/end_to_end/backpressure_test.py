# SPDX-License-Identifier: Apache-2.0
"""A store that takes nothing for a while: the flow stops back to the exchange's socket, nothing that was taken is lost,
and it goes on when there is room again."""

import contextlib
import os
import resource
import sqlite3
import subprocess
import unittest

import support

SMALL_BUFFERS = ("buffer: { records: 50k, bytes: 16MiB }", "buffer: { records: 2k, bytes: 2MiB }")
IMPATIENT = ("    conflict:", "    busy_timeout: 100ms\n    conflict:")


# What the small buffers, the batches in flight and what is just being read can hold of a flow, at most.
UNDER_WAY = 20_000


class BackpressureTest(support.Case):
    @contextlib.contextmanager
    def locked_store(self):
        connection = sqlite3.connect(self.store, timeout=support.PATIENCE_S, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.execute("ROLLBACK")
        finally:
            connection.close()

    def finish(self, exchange, sluice, count):
        """All that was sent is stored; returns the receipt."""
        self.wait_for_rows(sluice, count)
        result = sluice.stop()
        truth = exchange.stop()
        self.assertEqual(truth["sent_events"], count)
        self.assert_all_delivered(result, count)
        self.assert_stored_as_sent(truth)
        self.assertEqual(self.rejected(), [])
        return result

    def test_a_locked_store_holds_the_flow_and_loses_nothing(self):
        count = max(support.frames(150_000), 3 * UNDER_WAY)
        exchange = support.Simulator(self, "--rate", "0", "--frames", count)
        sluice = self.start(exchange, SMALL_BUFFERS, IMPATIENT)
        for rows in (1_000, count // 2):  # twice in one run
            self.wait_for_rows(sluice, rows)
            with self.locked_store():
                before = self.rows("trades") + self.rows("book_ticker")
                if before + UNDER_WAY < count:
                    support.wait_until_reading_rests(sluice, exchange.port())
                self.assertEqual(self.rows("trades") + self.rows("book_ticker"), before)
                self.assertTrue(sluice.is_running())
        result = self.finish(exchange, sluice, count)
        self.assertEqual(result.metric("exchange", "connections_total"), 1)

    def test_a_connection_is_given_up_before_the_exchange_would(self):
        """Pings cannot be answered while nothing is read: the connection is closed and made anew when there is room."""
        exchange = support.Simulator(self, "--rate", "0")
        sluice = self.start(exchange, SMALL_BUFFERS, IMPATIENT,
                            ("    reconnect: { first: 1s, max: 60s }",
                             "    stop_reading_limit: 300ms\n    reconnect: { first: 20ms, max: 100ms }"))
        self.wait_for_rows(sluice, 1_000)
        with self.locked_store():
            support.wait_until(lambda: support.receive_queue_bytes(sluice.pid, exchange.port()) is None,
                               "the connection is given up")
            before = self.rows("trades") + self.rows("book_ticker")
        self.wait_for_rows(sluice, before + support.frames(50_000))
        result = sluice.stop()
        truth = exchange.stop()
        self.assert_balanced(result)
        self.assertGreaterEqual(result.metric("exchange", "reconnects_backpressure_total"), 1)
        self.assertEqual(result.receipt["may_be_lost"], 0)
        # Only what the closed connection still had on its way is missing, and nothing is there twice.
        stored = {(key, number) for key, ids in self.stored_ids().items() for number in ids}
        sent = {(key, number) for key, ids in support.truth_ids(truth).items() for number in ids}
        self.assertLessEqual(stored, sent)
        self.assertEqual(len(stored), result.node("exchange")["account"]["delivered"])

    def test_a_store_that_was_moved_away_is_made_anew_and_no_row_is_in_neither(self):
        count = support.frames(100_000)
        exchange = support.Simulator(self, "--rate", "0", "--frames", count)
        sluice = self.start(exchange)
        self.wait_for_rows(sluice, count // 4)
        moved = self.directory / "moved"
        moved.mkdir()
        for path in self.directory.glob("store.db*"):
            path.rename(moved / path.name)
        exchange.wait_for_end_of_data()

        def rows(store):
            return sum(self.query(f"SELECT count(*) FROM {table}", store)[0][0] for table in ("trades", "book_ticker"))

        def all_are_there():
            with contextlib.suppress(sqlite3.OperationalError):
                return rows(self.store) + rows(moved / "store.db") >= count

        support.wait_until(all_are_there, "all rows are in one store or the other")
        result = sluice.stop()
        truth = exchange.stop()
        self.assert_all_delivered(result, count)
        first = self.stored_ids()
        self.store = moved / "store.db"
        for key, ids in self.stored_ids().items():
            first[key] = ids + first.get(key, [])
        for key, ids in support.truth_ids(truth).items():
            self.assertEqual(support.first_difference(sorted(set(first[key])), sorted(ids)), None, key)

    def room(self, size):
        """A file system of this size; what it was mounted on is free again when the test is over."""
        where = self.directory / "small"
        where.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "sluice-test", where],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            self.skipTest(f"cannot mount a small file system: {done.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "-l", where], check=True)
        return where

    def free(self, where):
        left = os.statvfs(where)
        return left.f_bavail * left.f_frsize

    @unittest.skipUnless(os.geteuid() == 0, "only root can mount a small file system")
    def test_a_full_disk_holds_the_flow_until_there_is_room(self):
        where = self.room("2m")
        self.store = where / "store.db"
        count = max(support.frames(100_000), 2 * UNDER_WAY)
        exchange = support.Simulator(self, "--rate", "0", "--frames", count)
        sluice = self.start(exchange, SMALL_BUFFERS)
        support.wait_until(lambda: self.free(where) < 64 << 10, "the disk is full")
        support.wait_until_reading_rests(sluice, exchange.port())
        self.assertTrue(sluice.is_running())
        self.assertRegex(sluice.stderr, f"(?i){self.store}.*full", "the status says what is full, and where")
        subprocess.run(["mount", "-o", "remount,size=200m", where], check=True)
        result = self.finish(exchange, sluice, count)
        self.assertGreaterEqual(result.metric("trades", "retries_total")
                                + result.metric("book_ticker", "retries_total"), 1)
        self.assertEqual(self.query("PRAGMA integrity_check"), [("ok",)])

    @unittest.skipUnless(os.geteuid() == 0, "only root can mount a small file system")
    def test_a_stop_with_a_full_disk_says_what_may_be_lost(self):
        where = self.room("2m")
        self.store = where / "store.db"
        exchange = support.Simulator(self, "--rate", "0")
        sluice = self.start(exchange, SMALL_BUFFERS, options=["--drain-seconds", "0.5"])
        support.wait_until(lambda: self.free(where) < 64 << 10, "the disk is full")
        support.wait_until_reading_rests(sluice, exchange.port())
        result = sluice.stop()
        exchange.stop()
        subprocess.run(["mount", "-o", "remount,size=20m", where], check=True)
        self.assert_balanced(result, 5)
        account = result.node("exchange")["account"]
        self.assertEqual(account["delivered"], self.rows("trades") + self.rows("book_ticker"))
        self.assertEqual(result.receipt["may_be_lost"], account["received"] - account["delivered"])
        self.assertGreater(result.receipt["may_be_lost"], 0)

    @unittest.skipUnless(os.geteuid() == 0, "only root can mount a small file system")
    def test_a_full_disk_under_the_rejects_holds_the_flow_too(self):
        where = self.room("3m")
        self.rejects = where / "rejects.jsonl"
        count = 2_000
        exchange = support.Simulator(self, "--rate", "0", "--frames", count, "--malformed-at", "every:50:junk")
        sluice = self.start(exchange, ('path: "${REJECTS_PATH:-rejects.jsonl}"', "path: small/rejects.jsonl"))
        support.wait_until(lambda: self.free(where) < 1 << 20, "the disk is full")
        support.wait_until_reading_rests(sluice, exchange.port())
        self.assertRegex(sluice.stderr, "(?i)small/rejects.jsonl.*(space|full)")
        subprocess.run(["mount", "-o", "remount,size=50m", where], check=True)
        self.wait_for_rows(sluice, count)
        support.wait_until(lambda: self.rejects.read_bytes().count(b"\n") == count // 50, "all rejects are written")
        result = sluice.stop()
        truth = exchange.stop()
        self.assert_balanced(result)
        self.assertEqual(result.receipt["may_be_lost"], 0)
        self.assert_stored_as_sent(truth)
        self.assertEqual({line["payload"] for line in self.rejected()}, {"x" * (1 << 20)})

    def test_a_limit_on_the_size_of_files_holds_the_flow_until_it_is_lifted(self):
        """Needs no rights: the system refuses writes beyond the limit, as a full disk would."""
        count = 2 * UNDER_WAY
        exchange = support.Simulator(self, "--rate", "0", "--frames", count)
        sluice = self.start(exchange, SMALL_BUFFERS)
        _, hard = resource.prlimit(sluice.pid, resource.RLIMIT_FSIZE)
        self.wait_for_rows(sluice, 100)
        resource.prlimit(sluice.pid, resource.RLIMIT_FSIZE, (64 << 10, hard))
        support.wait_until_reading_rests(sluice, exchange.port())
        self.assertTrue(sluice.is_running())
        resource.prlimit(sluice.pid, resource.RLIMIT_FSIZE, (hard, hard))
        self.finish(exchange, sluice, count)
        self.assertEqual(self.query("PRAGMA integrity_check"), [("ok",)])


if __name__ == "__main__":
    support.main()
