# SPDX-License-Identifier: Apache-2.0
"""What each signal does to a run: whatever comes, whenever, it ends in order and in time when it is asked to."""

import contextlib
import json
import os
import signal
import subprocess
import time

import support

GRAPH = """graph: signals
nodes:
  numbers: { type: generate, per_second: 1000 }
  out: { type: file, path: out.jsonl }
edges:
  - { from: numbers, to: out, buffer: { records: 10k, bytes: 4MiB } }
"""
# Its reader never comes, so it hangs while it opens or reads.
HANGING = """graph: hanging
nodes:
  lines: { type: replay, path: nobody.fifo, malformed: discard }
  out: { type: discard }
edges:
  - lines -> out
"""


class SignalsTest(support.Case):
    def run_graph(self, *options, text=GRAPH, **popen):
        graph = self.directory / "graph.yaml"
        graph.write_text(text)
        (self.directory / "out.jsonl").unlink(missing_ok=True)
        sluice = support.Sluice(self, graph, *options, **popen)
        return sluice

    def wait_for_flow(self, sluice):
        out = self.directory / "out.jsonl"
        support.wait_until(lambda: not sluice.is_running() or (out.exists() and out.stat().st_size > 0), "records flow")
        self.assertTrue(sluice.is_running(), sluice.stderr)

    def assert_drained(self, sluice, code=0):
        result = sluice.result(30)
        self.assertEqual(result.code, code, result.stderr)
        self.assertIn("receipt of graph signals", result.stdout)
        self.assertTrue(result.receipt["balanced"])
        self.assertEqual(result.receipt["may_be_lost"], 0)
        return result

    def test_those_that_ask_to_stop_drain(self):
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
            with self.subTest(number.name):
                sluice = self.run_graph("--quiet")
                self.wait_for_flow(sluice)
                sluice.send(number)
                result = self.assert_drained(sluice)
                self.assertIn(f"stopping after {number.name}", result.stderr)

    def test_those_that_mean_nothing_leave_the_run_alone(self):
        """And above all it can still be stopped in order after each of them."""
        for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGPIPE, signal.SIGALRM, signal.SIGCHLD, signal.SIGWINCH,
                       signal.SIGURG, signal.SIGXFSZ, signal.SIGCONT):
            with self.subTest(number.name):
                sluice = self.run_graph("--quiet")
                self.wait_for_flow(sluice)
                for _ in range(3):
                    sluice.send(number)
                lines = (self.directory / "out.jsonl").stat().st_size
                support.wait_until(lambda before=lines: (self.directory / "out.jsonl").stat().st_size > before,
                                   "records flow on")
                sluice.send(signal.SIGTERM)
                self.assert_drained(sluice)

    def test_usr1_says_how_it_is_even_when_quiet(self):
        sluice = self.run_graph("--quiet")
        self.wait_for_flow(sluice)
        sluice.send(signal.SIGUSR1)
        support.wait_until(lambda: "out: ready" in sluice.stderr, "the state is in the log")
        self.assertRegex(sluice.stderr, r"sluice: \d\d:\d\d  numbers [\d,]+/s")
        sluice.send(signal.SIGTERM)
        self.assert_drained(sluice)

    def test_a_run_that_was_suspended_goes_on(self):
        sluice = self.run_graph("--quiet")
        self.wait_for_flow(sluice)
        sluice.send(signal.SIGSTOP)
        sluice.send(signal.SIGTERM)
        sluice.send(signal.SIGCONT)
        self.assert_drained(sluice)

    def test_quit_ends_at_once_with_a_receipt(self):
        sluice = self.run_graph("--quiet", "--drain-seconds", "3600")
        self.wait_for_flow(sluice)
        sluice.send(signal.SIGQUIT)
        result = sluice.result(30)
        self.assertIn(result.code, (0, 5))
        self.assertTrue(result.receipt["balanced"])

    def test_a_run_under_nohup_outlives_its_terminal(self):
        sluice = self.run_graph("--quiet", preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        self.wait_for_flow(sluice)
        sluice.send(signal.SIGHUP)
        before = (self.directory / "out.jsonl").stat().st_size
        support.wait_until(lambda: (self.directory / "out.jsonl").stat().st_size > before, "records flow on")
        sluice.send(signal.SIGTERM)
        self.assert_drained(sluice)

    def test_whenever_a_stop_comes_the_end_is_in_order(self):
        """From the first moment in which the program itself runs, over loading and opening, to full flow."""
        for turn in range(25):
            sluice = self.run_graph("--quiet")
            # The dynamic loader comes before the program: nothing can be handled there.
            status = f"/proc/{sluice.pid}/status"
            support.wait_until(lambda path=status: not sluice.is_running() or is_blocked(path, signal.SIGTERM),
                               "the program has begun", pause_s=0)
            until = time.monotonic() + turn * 0.002
            support.wait_until(lambda end=until: time.monotonic() >= end, "a moment has passed", pause_s=0)
            sluice.send(signal.SIGTERM)
            code = sluice.wait(30)
            self.assertEqual(code, 0, sluice.stderr)
            self.assertIn("receipt of graph signals", sluice.stdout, sluice.stderr)

    def test_a_node_that_hangs_does_not_hold_up_a_stop(self):
        os.mkfifo(self.directory / "nobody.fifo")
        for signals in (1, 2):
            with self.subTest(f"{signals} signals"):
                sluice = self.run_graph("--quiet", "--drain-seconds", "0.1", text=HANGING)
                support.wait_until(lambda one=sluice: is_blocked(f"/proc/{one.pid}/status", signal.SIGTERM), "it runs")
                for _ in range(signals):
                    sluice.send(signal.SIGTERM)
                self.assertIn(sluice.wait(30), (0, 4, 5))

    def test_an_output_that_nobody_reads_does_not_hold_up_a_stop(self):
        """A pipe that is full, and a terminal that was stopped with Ctrl-S, take nothing."""
        graph = self.directory / "graph.yaml"
        graph.write_text(GRAPH)
        read_end, write_end = os.pipe()
        os.set_blocking(write_end, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(write_end, b"x" * 4096)
        os.set_blocking(write_end, True)
        receipt = self.directory / "receipt.json"
        process = subprocess.Popen([support.SLUICE, "run", graph, "--drain-seconds", "1", "--receipt", receipt],
                                   cwd=self.directory, stdin=subprocess.DEVNULL, stdout=write_end, stderr=write_end)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.addCleanup(os.close, read_end)
        os.close(write_end)
        out = self.directory / "out.jsonl"
        support.wait_until(lambda: out.exists() and out.stat().st_size > 0, "records flow")
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        self.assertTrue(json.loads(receipt.read_text())["balanced"])


def is_blocked(path, number):
    try:
        with open(path, encoding="ascii") as file:
            mask = next(line for line in file if line.startswith("SigBlk:")).split()[1]
    except (OSError, StopIteration):
        return False
    return bool(int(mask, 16) >> (number - 1) & 1)


if __name__ == "__main__":
    support.main()
