# SPDX-License-Identifier: Apache-2.0
"""What is looked at all the time during a round: the committed offsets, /healthz and /readyz.

A thread of its own, because a frozen broker lets its callers wait. It starts and signals nothing.
"""

import threading
import urllib.error
import urllib.request

from real_servers import kafka_wire


class Watch:
    """Violations are sentences in `problems`."""

    def __init__(self, case):
        self.case, self.problems, self.highest = case, [], {}
        self.is_over = threading.Event()
        self.threads = [threading.Thread(target=self.repeat, args=(look,), daemon=True)
                        for look in (self.look_at_offsets, self.look_at_processes)]
        for thread in self.threads:
            thread.start()

    def end(self):
        self.is_over.set()
        for thread in self.threads:
            thread.join(30)

    def repeat(self, look):
        while not self.is_over.wait(0.5):
            look()

    def look_at_offsets(self):
        try:
            committed = self.case.ask_committed(self.case.group)
        except (OSError, KeyError, kafka_wire.KafkaError):
            return  # the broker is away
        for (topic, partition), offset in committed.items():
            highest = self.highest.get((topic, partition), -1)
            if 0 <= offset < highest:
                self.problems.append(f"the committed offset of {topic}/{partition} went back from {highest} to {offset}")
            self.highest[topic, partition] = max(highest, offset)

    def look_at_processes(self):
        for name, process in list(self.case.running.items()):
            if not process.is_healthy_expected():
                continue
            status = answer(process.http_port, "/healthz")
            if status not in (0, 200) and process.is_healthy_expected():
                self.problems.append(f"/healthz of {name} answers {status}")
            ready = self.case.ready(name)
            if ready.status == 503 and not any(reason.get("sentence") for reason in ready.reasons):
                self.problems.append(f"/readyz of {name} answers 503 without a reason: {ready.body[:300]}")


def answer(port, path):
    """The status; 0 without an answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as found:
            return found.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0
