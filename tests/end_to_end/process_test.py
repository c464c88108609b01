# SPDX-License-Identifier: Apache-2.0
"""Facts about the process: how soon the first row is there, how much memory a steady flow takes, what idling costs.
These are figures for who reads them; only the bound on memory is a test, and only where no sanitizer is built in."""

import contextlib
import json
import os
import re
import socket
import subprocess
import time

import support


def status(pid, key):
    """A figure of /proc/PID/status, in KiB."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(re.search(rf"^{key}:\s+(\d+)", file.read(), re.M).group(1))


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        words = file.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


class ProcessTest(support.Case):
    def test_the_first_row_comes_soon(self):
        exchange = support.Simulator(self, "--rate", "1000")
        url = exchange.url()
        started = time.monotonic()
        sluice = self.start(exchange, environment={"BINANCE_WS_URL": url})
        self.wait_for_rows(sluice, 1)
        support.figure(f"first row {time.monotonic() - started:.3f} s after the start")
        self.assert_balanced(sluice.stop())

    def test_memory_is_bounded_in_a_steady_flow(self):
        rate, seconds = 50_000 // support.SCALE, 8
        count = rate * seconds
        exchange = support.Simulator(self, "--rate", rate, "--frames", count, "--no-truth-ids")
        started = time.monotonic()
        sluice = self.start(exchange)
        self.wait_for_rows(sluice, count)
        took = time.monotonic() - started
        peak_mib, used = status(sluice.pid, "VmHWM") / 1024, cpu_seconds(sluice.pid)
        self.assert_all_delivered(sluice.stop(), count)
        exchange.stop()
        support.figure(f"{count} frames at {rate} a second: stored after {took:.1f} s, "
                       f"peak resident {peak_mib:.1f} MiB, {used * 1e6 / count:.2f} CPU-seconds a million")
        if support.SANITIZER or support.BUILD_TYPE not in ("Release", "RelWithDebInfo", "MinSizeRel"):
            self.skipTest(f"no bound on memory in a build of type {support.BUILD_TYPE} {support.SANITIZER}")
        self.assertLess(peak_mib, 64)

    def test_idling_costs_next_to_nothing(self):
        exchange = support.Simulator(self, "--rate", "0", "--frames", 1_000)
        sluice = self.start(exchange)
        self.wait_for_rows(sluice, 1_000)
        before, at = cpu_seconds(sluice.pid), time.monotonic()
        support.wait_until(lambda: time.monotonic() > at + 2, "two seconds have passed")
        share = (cpu_seconds(sluice.pid) - before) / (time.monotonic() - at)
        support.figure(f"idle: {share * 100:.2f} % of a core")
        self.assertTrue(sluice.is_running())
        self.assert_all_delivered(sluice.stop(), 1_000)

    def test_validate_answers(self):
        times = []
        for _ in range(5):
            at = time.monotonic()
            code, out, err = self.run_command("validate", support.SOURCE / "graphs" / "quickstart.yaml")
            times.append(time.monotonic() - at)
            self.assertEqual(code, 0, out + err)
        support.figure(f"validate: {min(times) * 1000:.0f} ms at best of five")

    def test_the_simulators_port_in_use(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            done = subprocess.run([support.SIMULATOR, "--port", str(port)], capture_output=True, text=True,
                                  timeout=support.PATIENCE_S, check=False)
        self.assertEqual(done.returncode, 3)
        self.assertIn(str(port), done.stderr)
        self.assertIn("another program uses this port", done.stderr)

    def test_two_runs_do_not_share_a_rejects_file(self):
        exchange = support.Simulator(self, "--rate", "0", "--frames", 1_000)
        sluice = self.start(exchange)
        self.wait_for_rows(sluice, 1_000)
        code, out, err = self.run_command("run", self.quickstart(),
                                          environment={"SQLITE_PATH": str(self.directory / "other.db")})
        self.assertEqual(code, 3, out + err)
        self.assertIn("rejects.jsonl", err)
        self.assert_all_delivered(sluice.stop(), 1_000)

    def test_two_runs_share_a_store(self):
        """Two graphs write to one file at once, each with rejects of its own; each row is there once."""
        count = 20_000 // support.SCALE
        runs = []
        for name in ("one", "two"):
            exchange = support.Simulator(self, "--rate", "0", "--frames", count, "--start-time", 1790000000000,
                                         name=f"exchange-{name}")
            graph = self.quickstart(("rejects.jsonl", f"{name}.jsonl"))
            runs.append((exchange, support.Sluice(self, graph, environment={"BINANCE_WS_URL": exchange.url()},
                                                  name=name)))
            if name == "one":
                self.wait_for_rows(runs[0][1], 1)
        for exchange, sluice in runs:
            exchange.wait_for_end_of_data()
            support.wait_until_all_is_read(sluice, exchange.port())
        results = [sluice.stop() for _, sluice in runs]
        for result in results:
            self.assert_all_delivered(result, count)
        inserted = sum(result.metric("trades", "rows_inserted_total") for result in results)
        there = sum(result.metric("trades", "rows_already_there_total") for result in results)
        self.assertEqual((inserted, there), (self.rows("trades"), self.rows("trades")))
        self.assertEqual(self.query("SELECT count(*) FROM (SELECT 1 FROM trades GROUP BY symbol, event_type, trade_id "
                                    "HAVING count(*) > 1)"), [(0,)])

    def test_the_live_line_on_a_terminal(self):
        exchange = support.Simulator(self, "--rate", "2000")
        main_end, terminal = os.openpty()
        self.addCleanup(os.close, main_end)
        process = subprocess.Popen([support.SLUICE, "run", self.quickstart()], cwd=self.directory, stderr=terminal,
                                   stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
                                   env={**os.environ, "BINANCE_WS_URL": exchange.url(), "SQLITE_PATH": str(self.store)})
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        os.close(terminal)
        shown = b""

        def read():
            nonlocal shown
            shown += os.read(main_end, 65536)
            return re.search(rb"trades [1-9][\d,]* \(\+", shown)

        support.wait_until(read, "the live line counts rows")
        self.assertIn(b"\r\x1b[K", shown)
        process.terminate()
        rest = b""
        with contextlib.suppress(OSError):  # the terminal ends with its last writer
            while part := os.read(main_end, 65536):
                rest += part
        self.assertTrue(rest.endswith(b"\r\x1b[K\r\n"), rest[-200:])
        out, _ = process.communicate(timeout=support.PATIENCE_S)
        self.assertEqual(process.returncode, 0)
        self.assertIn(b"balanced: every record has its verdict", out)

    def generated(self, *options, stdout=subprocess.PIPE):
        """A run of some records that ends by itself."""
        graph = self.directory / "generated.yaml"
        graph.write_text("graph: generated\nnodes:\n  numbers: { type: generate, records: 100 }\n"
                         "  out: { type: discard }\nedges:\n  - numbers -> out\n")
        return subprocess.run([support.SLUICE, "run", graph, *options], cwd=self.directory, stdout=stdout,
                              stderr=subprocess.PIPE, text=True, timeout=support.PATIENCE_S, stdin=subprocess.DEVNULL,
                              check=False)

    def test_a_receipt_that_can_be_kept_nowhere_is_refused_before_the_run(self):
        os.mkfifo(self.directory / "pipe")
        (self.directory / "file").touch()
        for path, why in (("/nowhere/receipt.json", "No such file"), (self.directory, "is a directory"),
                          (self.directory / "pipe", "without a reader"), (self.directory / "file" / "r", "Not a directory")):
            with self.subTest(str(path)):
                done = self.generated("--receipt", path)
                self.assertEqual(done.returncode, 3, done.stderr)
                self.assertIn(str(path), done.stderr)
                self.assertIn(why, done.stderr)
                self.assertIn("nothing was run", done.stderr)
                self.assertEqual(done.stdout, "")

    def test_a_receipt_file_may_be_a_pipe_that_somebody_reads(self):
        os.mkfifo(self.directory / "pipe")
        reader = os.open(self.directory / "pipe", os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        done = self.generated("--receipt", self.directory / "pipe")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(json.loads(os.read(reader, 65536))["balanced"])

    def test_a_receipt_that_gets_lost_at_the_end_is_said(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            done = self.generated(stdout=full)
        self.assertEqual(done.returncode, 6, done.stderr)
        self.assertIn("could not be written to standard output: No space left on device", done.stderr)
        self.assertIn("balanced: every record has its verdict", done.stderr)
        done = self.generated("--receipt", "/dev/full")
        self.assertEqual(done.returncode, 6, done.stderr)
        self.assertIn("/dev/full: the receipt could not be written there: No space left on device", done.stderr)
        self.assertIn("balanced: every record has its verdict", done.stdout)

    def test_the_output_of_a_command_that_gets_lost_is_said(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            done = subprocess.run([support.SLUICE, "validate", support.SOURCE / "graphs" / "quickstart.yaml"],
                                  stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(done.returncode, 6)
        self.assertIn("could not be written", done.stderr)

    def test_a_limit_of_threads_is_named(self):
        """A thread's stack does not fit into the address space; no matter where that strikes, nothing was run."""
        if support.SANITIZER:
            self.skipTest("a sanitizer takes all address space")
        refused = 0
        for kib in range(40_000, 120_000, 8_000):
            done = subprocess.run(["sh", "-c", f'ulimit -v {kib}; exec "$@"', "sh", support.SLUICE, "run",
                                   self.quickstart(), "--seconds", "0.1"], cwd=self.directory, capture_output=True,
                                  text=True, timeout=support.PATIENCE_S, check=False,
                                  env={**os.environ, "SQLITE_PATH": str(self.store)})
            if "nothing was run" in done.stderr and "ulimit -v" in done.stderr:
                refused += 1
                self.assertEqual(done.returncode, 3, done.stderr)
            self.assertNotIn("exception", done.stderr)
        self.assertGreater(refused, 0)

    def test_a_limit_that_the_only_source_meets_leaves_nothing_that_ran(self):
        if support.SANITIZER:
            self.skipTest("a sanitizer takes all address space")
        graph = self.directory / "one.yaml"
        graph.write_text("graph: one\nnodes:\n  feed: { type: generate, records: 1 }\n  end: { type: discard }\n"
                         "edges: [feed -> end]\n", encoding="utf-8")
        refused = 0
        for kib in range(16_000, 80_000, 4_000):
            done = subprocess.run(["sh", "-c", f'ulimit -v {kib}; exec "$@"', "sh", support.SLUICE, "run", graph],
                                  capture_output=True, text=True, timeout=support.PATIENCE_S, check=False)
            if "ulimit -v" in done.stderr:
                refused += 1
                self.assertEqual(done.returncode, 3, done.stderr)
        self.assertGreater(refused, 0)


if __name__ == "__main__":
    support.main()
