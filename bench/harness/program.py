# SPDX-License-Identifier: Apache-2.0
"""Children whose cost is known when they end: processor time by wait4, user and system, of that process alone.

Each dies with bench/run, however that ends; one that says nothing for too long is a failed run and not a hang.
"""
import ctypes
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
        self.peak_mib = 0.0
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
            program.process.kill()
            program.end()

    def line(self, patience_s=PATIENCE_S):
        """The words of its next line."""
        pipe = self.process.stdout.fileno()
        until = time.monotonic() + patience_s
        while b"\n" not in self._heard:
            if not select.select([pipe], [], [], max(0, until - time.monotonic()))[0]:
                raise RunFailed(f"{self.name} said nothing for {patience_s} s: {self.words()}")
            some = os.read(pipe, 4096)
            if not some:
                raise RunFailed(f"{self.name} ended without a word: {self.words()}")
            self._heard += some
        line, _, self._heard = self._heard.partition(b"\n")
        return line.decode().split()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.end()

    def finish(self, seconds):
        """Waits for its own end; asks for it when that does not come."""
        return self.end() if self.ends_within(seconds) else self.stop()

    def close_input(self):
        self.process.stdin.close()
        return self.end()

    def ends_within(self, seconds):
        pidfd = os.pidfd_open(self.process.pid)
        try:
            return bool(select.select([pidfd], [], [], seconds)[0])
        finally:
            os.close(pidfd)

    def end(self, patience_s=PATIENCE_S):
        hangs = not self.ends_within(patience_s)
        if hangs:
            self.process.kill()
        _, status, usage = os.wait4(self.process.pid, 0)
        Program.running.discard(self)
        self.code = self.process.returncode = os.waitstatus_to_exitcode(status)
        self.cpu_s = usage.ru_utime + usage.ru_stime
        self.wall_s = time.monotonic() - self.started_s
        if hangs:
            raise RunFailed(f"{self.name} did not end: {self.words()}")
        return self

    def is_over(self):
        return self.ends_within(0)

    def words(self):
        """The last of what it said on its error stream."""
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
