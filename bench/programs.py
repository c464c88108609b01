# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks share: the one table of results, and programs whose cost is known when they end."""
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time


class Table:
    """Rows of the one table; `None` as a target means: for comparison only."""

    def __init__(self):
        self.rows = []

    def add(self, what, value, unit, target=None, at_most=True):
        met = ""
        wanted = ""
        if target is not None:
            wanted = f"{'<=' if at_most else '>='} {number(target)}"
            met = "yes" if (value <= target if at_most else value >= target) else "**no**"
        self.rows.append((what, number(value), unit, wanted, met))
        print(f"  {what:<64} {number(value):>12} {unit:<14} {wanted:>14}  {met.strip('*')}", flush=True)

    def markdown(self):
        lines = ["| what | median | unit | target | met |", "|---|---|---|---|---|"]
        lines += ["| " + " | ".join(row) + " |" for row in self.rows]
        return "\n".join(lines)


def number(value):
    if value >= 10_000:
        return f"{value:,.0f}"
    return f"{value:.4g}"


class Program:
    """A child whose cost is known when it ends."""

    def __init__(self, arguments, environment=None, out=subprocess.DEVNULL, takes_input=False):
        self.started = time.time()
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [str(a) for a in arguments], env={**os.environ, **(environment or {})}, stdout=out, stderr=self.errors,
            stdin=subprocess.PIPE if takes_input else subprocess.DEVNULL, text=True)

    def line(self):
        return self.process.stdout.readline().split()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.end()

    def end(self):
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        self.cpu_s = usage.ru_utime + usage.ru_stime
        self.peak_mib = usage.ru_maxrss / 1024
        self.wall_s = time.time() - self.started
        self.complaint = self.words()
        return self

    def words(self):
        """What it has said on its error stream."""
        self.errors.seek(0)
        return self.errors.read()

    def status_kib(self, key):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{key}:\s+(\d+)", text)[1])

    def cpu_ns(self):
        tasks = pathlib.Path(f"/proc/{self.process.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks)
