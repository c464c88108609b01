# SPDX-License-Identifier: Apache-2.0
"""Facts about the process: how soon the first row is there, how much memory a steady flow takes, what idling costs.
These are figures for who reads them; only the bound on memory is a test, and only where no sanitizer is built in."""

import contextlib
import os
import pathlib
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
        with contextlib.suppress(OSError):  # the terminal ends with its last writer
            while os.read(main_end, 65536):
                pass
        out, _ = process.communicate(timeout=support.PATIENCE_S)
        self.assertEqual(process.returncode, 0)
        self.assertIn(b"balanced: every record has its verdict", out)

    def test_a_receipt_that_cannot_be_written_is_said_and_the_run_is_fine(self):
        exchange = support.Simulator(self, "--rate", "0", "--frames", 1_000)
        sluice = self.start(exchange, receipt=pathlib.Path("/nowhere/receipt.json"))
        self.wait_for_rows(sluice, 1_000)
        result = sluice.stop()
        self.assertEqual(result.code, 0)
        self.assertIn("/nowhere/receipt.json", result.stderr)
        self.assertIn("balanced", result.stdout)


if __name__ == "__main__":
    support.main()
