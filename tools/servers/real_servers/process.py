# SPDX-License-Identifier: Apache-2.0
"""One process of a server, known by its id and its start time, so that no other process is ever signalled.

It is described by plain data, which any process of the same user can read back to kill or restart it.
"""

import ctypes
import os
import pathlib
import signal
import subprocess
import time

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def start_time(pid):
    """When the process began, in ticks since boot; None when there is none or it only waits to be reaped."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])


class Process:
    """`stop_signal` ends it in order; `death_signal` is sent by the kernel when the process that spawned it ends."""

    def __init__(self, name, command, log, environment=None, user=None, root=None, stop_signal=signal.SIGTERM,
                 death_signal=signal.SIGKILL, pid=None, started=None):
        self.name, self.command, self.log = name, [str(word) for word in command], str(log)
        self.environment, self.user, self.root = environment or {}, user, root and str(root)
        self.stop_signal, self.death_signal = int(stop_signal), int(death_signal)
        self.pid, self.started = pid, started
        self._popen = None

    def as_data(self):
        return {key: value for key, value in vars(self).items() if not key.startswith("_")}

    def is_alive(self):
        if self._popen is not None and self._popen.poll() is not None:
            return False
        return self.pid is not None and start_time(self.pid) == self.started

    def spawn(self, dies_with_parent):
        def become():
            if self.root:
                os.chroot(self.root)
                os.chdir("/")
            if self.user:
                os.setgroups([])
                os.setgid(self.user[1])
                os.setuid(self.user[0])
            if dies_with_parent:  # after the change of user, which would take it back
                _libc.prctl(PR_SET_PDEATHSIG, self.death_signal, 0, 0, 0)

        if self._popen is not None:
            self._popen.wait()  # it is dead; this takes it off the list of processes
        base = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": "/tmp"}
        with open(self.log, "ab") as log:
            self._popen = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
                                           env={**base, **self.environment}, preexec_fn=become, start_new_session=True)
        self.pid, self.started = self._popen.pid, start_time(self._popen.pid)

    def signal(self, number):
        if self.is_alive():
            os.kill(self.pid, number)

    def wait(self, seconds):
        """True when it has ended within that time."""
        end = time.monotonic() + seconds
        while self.is_alive():
            if time.monotonic() > end:
                return False
            time.sleep(0.01)
        return True

    def stop(self, seconds=20):
        self.signal(self.stop_signal)
        if not self.wait(seconds):
            self.kill()

    def kill(self):
        self.signal(signal.SIGKILL)
        self.wait(10)

    def last_words(self, lines=15):
        try:
            return "\n".join(pathlib.Path(self.log).read_text(errors="replace").splitlines()[-lines:])
        except FileNotFoundError:
            return "(no log)"
