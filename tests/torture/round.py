# SPDX-License-Identifier: Apache-2.0
"""One round: graphs/binance.yaml in two processes, the faults of a plan, then the end in order and the conservation.

One thread starts and signals everything: the kernel ends a server when the thread that started it ends.
"""

import heapq
import os
import pathlib
import shutil
import subprocess
import time

import conservation
import faults
import pipeline_support as pipeline
import support
import watch
from worker import DRAIN_S, END_S, Worker

# The exchange has data for so much longer, because a busy machine strikes late.
RESERVE_S = 5
OPTIONS = "-c lock_timeout=1s -c statement_timeout=10s"


class Round(pipeline.PipelineCase):
    """`plan` and `servers` are given; `problems` and `counts` are what came of it. The logs of a failed round go to `kept`."""

    def __init__(self, plan, servers, kept, is_kept=False):
        super().__init__()
        self.plan, self.servers, self.kept, self.is_kept = plan, servers, pathlib.Path(kept), is_kept
        self.problems, self.counts, self.notes = [], {}, []
        self.running, self.workers, self.locker = {}, [], None

    def own_kafka(self):
        return self.servers.kafka

    def own_database(self):
        return self.servers.database

    def setUp(self):
        super().setUp()
        self.addCleanup(self.delete_topics)
        self.began = time.monotonic()

    def runTest(self):
        for act in (self.play, self.heal):
            try:
                act()
            except Exception as error:
                self.problem(f"{type(error).__name__}: {error}")
        if self.problems or self.is_kept:
            self.keep()

    def play(self):
        plan = self.plan
        frames = plan.rate * (plan.seconds + RESERVE_S)
        exchange = self.exchange("--rate", plan.rate, "--frames", frames, "--seed", max(plan.seed, 1))
        self.servers.exchange_link.target_port = exchange.port()
        self.make_graphs()
        # The market stands still until ingest is there, so no frame passes while the buffer joins its group.
        self.start("buffer")
        self.wait_for(lambda: self.ready("buffer").status != 0, "buffer answers", self.processes())
        self.start("ingest")
        self.wait_for_table_rows(1, *self.processes())
        watching = watch.Watch(self)
        self.strike()
        self.heal()
        exchange.wait_for_end_of_data()
        self.wait_until_settled(exchange)
        for name in ("ingest", "buffer"):
            self.wait_for(lambda n=name: self.ready(n).status == 200, f"/readyz of {name} answers 200 after the last fault",
                          self.processes(), account=lambda n=name: self.ready(n))
        self.wait_until_drained(*self.processes())
        for name in ("ingest", "buffer"):
            self.stop(self.running[name])
        watching.end()
        for sentence in dict.fromkeys(watching.problems):
            self.problem(sentence)
        exchange.stop()
        self.check_ends()
        found = conservation.Conservation(self, exchange, plan.interruptions())
        self.counts = found.counts
        for sentence in found.problems:
            self.problem(sentence)

    # the graph and its processes

    def make_graphs(self):
        edits = [("records: 500, within: 2s", f"records: {self.plan.batch}, within: 2s"),
                 ("    conflict: [symbol, ", f"    method: {self.plan.method}\n    statement_timeout: {self.plan.statement_timeout}\n"
                                             "    conflict: [symbol, ")]
        if self.plan.has_member:
            edits.append((f"    group: {self.group}\n", f"    group: {self.group}\n    member: one\n"))
        self.graph_path = self.graph(*edits)
        self.second_path = self.directory / "second.yaml"
        self.second_path.write_text(self.graph_path.read_text().replace(f":{self.http['buffer']}", f":{self.http['second']}")
                                    .replace("member: one", "member: two"))

    def environment(self, exchange=None):
        address = f"127.0.0.1:{self.servers.exchange_link.port}"
        return {"KAFKA_BROKERS": self.servers.relayed_brokers(), "TIMESCALE_URL": self.servers.relayed(self.url),
                "BINANCE_WS_URL": f"ws://{address}", "BINANCE_REST_URL": f"http://{address}"}

    def start(self, name):
        program = "ingest" if name == "ingest" else "buffer"
        graph = self.second_path if name == "second" else self.graph_path
        number = sum(worker.name.startswith(name) for worker in self.workers) + 1
        process = support.Sluice(self, graph, "--process", program, "--drain-seconds", DRAIN_S, name=f"{name}{number}",
                                 environment=self.environment())
        self.running[name] = Worker(process, self.http[name])
        self.workers.append(self.running[name])
        self.note(f"{process.name} starts, pid {process.pid}")

    def stop(self, worker):
        if not worker.is_running():
            self.problem(f"{worker.name} ended by itself with {worker.process.popen.returncode}: {last_line(worker)}")
            worker.is_ending = True
            return
        seconds = worker.stop()
        self.note(f"{worker.name} ended with {worker.result.code} in {seconds:.1f} s")
        if seconds > END_S:
            self.problem(f"{worker.name} ended {seconds:.1f} s after SIGTERM, with --drain-seconds {DRAIN_S}")

    def start_second(self):
        self.start("second")

    def end_second(self, is_kill):
        worker = self.running.pop("second")
        if is_kill:
            worker.kill()
        else:
            self.stop(worker)

    def processes(self):
        return [worker.process for worker in self.running.values()]

    def links(self, target):
        return {"kafka": self.servers.kafka_links, "database": [self.servers.database_link],
                "exchange": [self.servers.exchange_link]}[target]

    # faults

    def strike(self):
        """A fault whose target is still under another one, because the machine is slow, waits for the end of that one."""
        steps, active, began = [], set(), time.monotonic()
        for number, fault in enumerate(self.plan.faults):
            heapq.heappush(steps, (fault.at, number, fault, faults.begin))
        while steps:
            at, number, fault, act = heapq.heappop(steps)
            while time.monotonic() < began + at:
                self.look()
                time.sleep(0.05)
            self.look()
            if act is faults.begin and fault.target in active:
                heapq.heappush(steps, (time.monotonic() - began + 0.5, number, fault, act))
                continue
            self.note(f"{'begins' if act is faults.begin else 'ends  '} {fault}")
            try:
                act(self, fault)
            except faults.Later as reason:
                self.note(f"later: {reason}")
                if time.monotonic() > began + self.plan.seconds + support.PATIENCE_S:
                    raise AssertionError(f"{fault} cannot {act.__name__}: {reason}") from None
                heapq.heappush(steps, (time.monotonic() - began + 0.5, number, fault, act))
                continue
            if act is faults.end:
                active.remove(fault.target)
            else:
                active.add(fault.target)
                heapq.heappush(steps, (time.monotonic() - began + fault.seconds, number, fault, faults.end))

    def look(self):
        """A process that ends without being told to is a violation; it is started again, and the round goes on."""
        for name, worker in list(self.running.items()):
            if not worker.is_running() and not worker.is_ending:
                self.problem(f"{worker.name} ended by itself with {worker.process.popen.returncode}: {last_line(worker)}")
                worker.is_ending = True
                self.start(name)

    def heal(self):
        self.servers.heal()
        self.release_lock()
        for name, worker in list(self.running.items()):
            worker.thaw()
            worker.give_descriptors()
            if name == "second":
                self.end_second(is_kill=False)
        self.look()
        faults.writable(self, None)  # the setting is the server's, and outlives this round's database

    def hold_lock(self, text):
        self.locker = subprocess.Popen(["psql", self.url, "-Xqc", text], stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def release_lock(self):
        if self.locker:
            self.locker.kill()
            self.locker.wait()
            self.locker = None

    def sql(self, text):
        """Waits for nobody: a frozen process may hold the lock, and only this thread can let it go on."""
        done = subprocess.run(["psql", self.url, "-Xqc", text], capture_output=True, text=True, check=False,
                              stdin=subprocess.DEVNULL, env={**os.environ, "PGCONNECT_TIMEOUT": "5", "PGOPTIONS": OPTIONS})
        if done.returncode != 0:
            raise faults.Later(done.stderr.strip())

    # the end

    def wait_until_settled(self, exchange):
        """Until what the exchange sent is in the topics: all of it, or all that a repair can fetch."""
        if not self.plan.interruptions():
            count = exchange.wait_for_end_of_data()["sent_events"]
            self.wait_for_log(count, *self.processes())
            return
        seen = {"stored": -1, "since": time.monotonic()}

        def rests():
            stored = self.stored_in_log()
            if stored != seen["stored"]:
                seen.update(stored=stored, since=time.monotonic())
            return (time.monotonic() - seen["since"] > 3 and self.counter("ingest", "sluice_source_unsettled_records") == 0
                    and self.counter("ingest", "sluice_binance_ws_open_gaps") == 0)

        self.wait_for(rests, "ingest has settled all and closed every gap", self.processes(), account=self.stored_in_log)

    def check_ends(self):
        """Receipts and exit codes of every process that ended in order."""
        for worker in self.workers:
            result = worker.result
            if worker.is_killed or result is None:
                continue
            if result.receipt is None:
                # SIGTERM before the program has set up its handlers ends it without a word; nothing had run then.
                if result.code != -15 or result.stderr:
                    self.problem(f"{worker.name} ended with {result.code} and without a receipt: {last_line(worker)}")
                continue
            lost = result.receipt["may_be_lost"]
            is_source = worker.name.startswith("ingest")
            if not result.receipt["balanced"]:
                self.problem(f"the receipt of {worker.name} does not balance")
            if result.code != (5 if is_source and lost else 0):
                self.problem(f"{worker.name} ended with {result.code}, may be lost {lost}: {last_line(worker)}")
            if lost and not is_source:
                self.problem(f"{worker.name}: may be lost {lost}, although the topics can replay")

    # what is kept

    def note(self, text):
        self.notes.append(f"{time.monotonic() - self.began:7.2f} {text}")

    def problem(self, text):
        self.problems.append(text)
        self.note(f"VIOLATION {text}")

    def keep(self):
        """The logs of a failed round."""
        shutil.rmtree(self.kept, ignore_errors=True)
        shutil.copytree(self.directory, self.kept, symlinks=True)
        (self.kept / "notes.txt").write_text("\n".join(self.notes) + "\n")
        for instance in (self.servers.kafka, self.servers.database):
            for process in instance.processes:
                if os.path.exists(process.log):
                    shutil.copy(process.log, self.kept)


def last_line(worker):
    lines = worker.process.stderr.splitlines()
    return lines[-1][:500] if lines else "no output"
