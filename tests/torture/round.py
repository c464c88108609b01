# SPDX-License-Identifier: Apache-2.0
"""One round: graphs/binance.yaml in two processes, the faults of a plan, then the end in order and the conservation.

One thread starts and signals everything, in the order of the plan. A fault that is due while another one still begins
or ends comes later.
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


class Round(pipeline.PipelineCase):
    """`plan` and `servers` are given; `problems` and `counts` are what came of it."""

    def __init__(self, plan, servers, kept):
        super().__init__()
        self.plan, self.servers, self.kept = plan, servers, pathlib.Path(kept)
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
        try:
            self.play()
        except Exception as error:
            self.problem(f"{type(error).__name__}: {error}")
        finally:
            try:
                self.heal()
            except Exception as error:
                self.problem(f"the servers did not come back: {error}")
            if self.problems:
                self.keep()

    def play(self):
        plan = self.plan
        exchange = self.exchange("--rate", plan.rate, "--frames", plan.rate * plan.seconds, "--seed", max(plan.seed, 1))
        self.servers.exchange_link.target_port = exchange.port()
        self.make_graphs()
        for name in ("ingest", "buffer"):
            self.start(name)
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
        found = conservation.Conservation(self, exchange, plan.loses_frames())
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
        steps, began = [], time.monotonic()
        for number, fault in enumerate(self.plan.faults):
            heapq.heappush(steps, (fault.at, number, fault, faults.begin))
        while steps:
            at, number, fault, act = heapq.heappop(steps)
            while time.monotonic() < began + at:
                self.look()
                time.sleep(0.05)
            self.look()
            self.note(f"{'begins' if act is faults.begin else 'ends  '} {fault}")
            act(self, fault)
            if act is faults.begin:
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
        faults.writable(self, None)  # the setting is the server's, and outlives this round's database
        for name, worker in list(self.running.items()):
            worker.thaw()
            worker.give_descriptors()
            if name == "second":
                self.end_second(is_kill=False)
        self.look()

    def hold_lock(self, text):
        self.locker = subprocess.Popen(["psql", self.url, "-Xqc", text], stdin=subprocess.DEVNULL,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def release_lock(self):
        if self.locker:
            self.locker.kill()
            self.locker.wait()
            self.locker = None

    def retry_sql(self, text):
        """Once the database answers and nobody stands in the way."""
        def done():
            try:
                pipeline.sql(self.url, text)
                return True
            except RuntimeError as error:
                self.note(str(error))
                return False

        support.wait_until(done, f"the database does: {text}", 60, 0.2)

    # the end

    def wait_until_settled(self, exchange):
        """Until what the exchange sent is in the topics: all of it, or all that a repair can fetch."""
        if not self.plan.loses_frames():
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
