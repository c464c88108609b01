# SPDX-License-Identifier: Apache-2.0
"""A process of the graph during a round, and what the driver has done to it."""

import resource
import signal
import time

DRAIN_S = 10
# docs/delivery.md: all ends within two seconds of the drain's deadline. The rest is for a busy machine.
END_S = DRAIN_S + 2 + 10
# After SIGCONT, and at the start, a process may need a moment to answer.
SETTLE_S = 5


class Worker:
    def __init__(self, process, http_port):
        self.process, self.http_port = process, http_port
        self.is_killed = self.is_frozen = self.is_ending = False
        self.quiet_until = time.monotonic() + SETTLE_S
        self.result, self.limits = None, None

    @property
    def name(self):
        return self.process.name

    def is_running(self):
        return self.process.is_running()

    def is_healthy_expected(self):
        return self.is_running() and not self.is_frozen and not self.is_ending and time.monotonic() > self.quiet_until

    def kill(self):
        self.is_killed = self.is_ending = True
        self.process.kill()

    def freeze(self):
        self.is_frozen = True
        self.process.send(signal.SIGSTOP)

    def thaw(self):
        if self.is_running():
            self.process.send(signal.SIGCONT)
        self.quiet_until = time.monotonic() + SETTLE_S
        self.is_frozen = False

    def take_descriptors(self):
        """No file or connection can be opened any more."""
        self.limits = resource.prlimit(self.process.pid, resource.RLIMIT_NOFILE)
        self.quiet_until = float("inf")  # nor can /healthz be asked
        resource.prlimit(self.process.pid, resource.RLIMIT_NOFILE, (1, self.limits[1]))

    def give_descriptors(self):
        if self.limits and self.is_running():
            resource.prlimit(self.process.pid, resource.RLIMIT_NOFILE, self.limits)
        self.limits = None
        self.quiet_until = time.monotonic() + SETTLE_S

    def stop(self):
        """SIGTERM. Answers how many seconds the end took."""
        self.is_ending = True
        began = time.monotonic()
        self.result = self.process.stop(END_S + 60)
        return time.monotonic() - began
