# SPDX-License-Identifier: Apache-2.0
"""Children whose cost is known when they end: processor time by wait4, user and system, of that process alone.

Each dies with bench/run, however that ends; one that says nothing for too long is a failed run and not a hang.
"""
import ctypes
import json
import mmap
import os
import pathlib
import re
import select
import signal
import struct
import subprocess
import tempfile
import time

PATIENCE_S = 300
NOTE_PEAK_S = 0.1
GRACE_S = 3  # until what an ended program has done can be seen
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class RunFailed(Exception):
    """A run that says nothing about speed: records are missing, or a program ended as it should not."""


class Program:
    running = set()

    def __init__(self, arguments, environment=None, listens=False, takes_input=False):
        self.name = pathlib.Path(str(arguments[0])).name
        self.errors = tempfile.TemporaryFile("w+")
        self._heard = b""
        self._last_words = ""
        self.peak_mib = None  # when it was never seen running
        moment = mmap.mmap(-1, 8)

        def become():
            _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            moment[:] = struct.pack("q", time.monotonic_ns())

        self.process = subprocess.Popen(
            [str(a) for a in arguments], env={**os.environ, **(environment or {})}, stderr=self.errors, preexec_fn=become,
            stdout=subprocess.PIPE if listens else subprocess.DEVNULL,
            stdin=subprocess.PIPE if takes_input else subprocess.DEVNULL)
        self.started_s = struct.unpack("q", moment[:])[0] / 1e9  # the moment before exec, as time.monotonic
        Program.running.add(self)

    @classmethod
    def end_all(cls):
        for program in list(cls.running):
            program.signal(signal.SIGKILL)
            program.end()

    def line(self, served=None):
        """The words of its next line. While it is waited for, what is resident in the program that it serves is taken
        down; when that ends early, there is no more waiting."""
        pipe = self.process.stdout.fileno()
        until = time.monotonic() + PATIENCE_S
        while b"\n" not in self._heard:
            if not self._says_something(pipe, until, served):
                raise RunFailed(f"{self.name} said nothing for {PATIENCE_S} s: {self.words()}")
            some = os.read(pipe, 4096)
            if not some:
                raise RunFailed(f"{self.name} ended without a word: {self.words()}")
            self._heard += some
        line, _, self._heard = self._heard.partition(b"\n")
        return line.decode().split()

    @staticmethod
    def _says_something(pipe, until, served):
        if served is None:
            return bool(select.select([pipe], [], [], max(0, until - time.monotonic()))[0])
        ready = []
        with served.handle() as handle:
            while not ready and time.monotonic() < until:
                ready = select.select([pipe, handle], [], [], NOTE_PEAK_S)[0]
                served.note_peak()
        if ready and pipe not in ready and not select.select([pipe], [], [], GRACE_S)[0]:
            raise RunFailed(f"it ended before it had read all: {served.words()}")
        return bool(ready)

    def handle(self):
        """Readable when it has ended."""
        return open(os.pidfd_open(self.process.pid), "rb", buffering=0)

    def signal(self, number):
        # Not by Popen, which would take an ended child away before its cost is known.
        os.kill(self.process.pid, number)

    def stop(self):
        self.signal(signal.SIGTERM)
        return self.end()

    def finish(self, seconds):
        """Waits for its own end; asks for it when that does not come."""
        return self.end() if self.ends_within(seconds) else self.stop()

    def close_input(self):
        self.process.stdin.close()
        return self.end()

    def ends_within(self, seconds):
        with self.handle() as handle:
            return bool(select.select([handle], [], [], seconds)[0])

    def end(self, patience_s=PATIENCE_S):
        hangs = not self.ends_within(patience_s)
        if hangs:
            self.signal(signal.SIGKILL)
        _, status, usage = os.wait4(self.process.pid, 0)
        Program.running.discard(self)
        self.code = self.process.returncode = os.waitstatus_to_exitcode(status)
        self.cpu_s = usage.ru_utime + usage.ru_stime
        self.wall_s = time.monotonic() - self.started_s
        self._last_words = self.words()
        for stream in (self.errors, self.process.stdout):
            if stream:
                stream.close()
        if hangs:
            raise RunFailed(f"{self.name} did not end: {self.words()}")
        return self

    def is_over(self):
        return self.ends_within(0)

    def words(self):
        """The last of what it said on its error stream."""
        if self._last_words:
            return self._last_words
        self.errors.seek(0)
        return self.errors.read()[-2000:].strip() or "(no word)"

    def status_mib(self, key):
        try:
            text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
            return int(re.search(rf"{key}:\s+(\d+)", text)[1]) / 1024
        except (OSError, TypeError) as error:
            raise RunFailed(f"{self.name} has ended: {self.words()}") from error

    def note_peak(self):
        """Takes down what was resident at most so far. The kernel's own account at the end would count this Python, too,
        of which the child is a copy before it becomes the program."""
        try:
            self.peak_mib = self.status_mib("VmHWM")
        except RunFailed:
            pass  # it has ended; what was seen last stands

    def cpu_ns(self):
        """Of its threads so far; finer than the clock ticks of wait4, and for a stretch of a run."""
        total = 0
        for task in pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/schedstat"):
            try:
                total += int(task.read_text().split()[0])
            except OSError:
                pass  # a thread that ended just now
        if total == 0:
            raise RunFailed(f"{self.name} has ended: {self.words()}")
        return total


def google_benchmarks(program):
    """What a program of Google Benchmark found, one dictionary a benchmark. Each runs in a process of its own, so that none
    works on memory that another has left in pieces."""
    def words(*options):
        ran = subprocess.run([program, *options], check=False, capture_output=True, text=True)
        if ran.returncode != 0:
            raise RunFailed(f"{program.name}: {ran.stderr.strip()}")
        return ran.stdout

    return [found for name in words("--benchmark_list_tests").split()
            for found in json.loads(words(f"--benchmark_filter=^{re.escape(name)}$", "--benchmark_format=json"))["benchmarks"]]
