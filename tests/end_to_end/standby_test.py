# SPDX-License-Identifier: Apache-2.0
"""Two processes `ingest` of one graph with a lock: one writes and the other stands by. When the first one dies, freezes
or stops, the second one goes on, and no trade is missing in the topic."""

import collections
import json
import random
import re
import signal
import statistics
import subprocess
import time

import pipeline_support as pipeline
import support

ROUNDS = 12 if pipeline.FULL else 3
ID_OF = {"trade": "t", "aggTrade": "a"}


class StandbyCase(pipeline.PipelineCase):
    def setUp(self):
        super().setUp()
        self.lock = f"{self.prefix}.lock"
        port = f":{self.http['ingest']}"
        self.graphs = {"ingest": self.graph(),
                       "second": self.graph((port, f":{self.http['second']}"), name="binance_on_another_host")}
        self.began = collections.Counter()
        self.market = self.exchange("--rate", "300", "--live-clock", "--weight-limit", "1000000")

    def topics(self):
        return (*super().topics(), self.lock) if self.lock else super().topics()

    def begin(self, host):
        self.began[host] += 1
        return self.ingest(self.graphs[host], self.market, name=f"{host}{self.began[host]}",
                           environment={"INGEST_LOCK": self.lock})

    def status(self, host):
        try:
            return json.loads(self.ready(host).body)
        except ValueError:
            return {}

    def wait_for_status(self, host, status, *processes):
        self.wait_for(lambda: self.status(host).get("status") == status, f"{host} is {status}", processes,
                      account=lambda: self.ready(host))

    def trades(self):
        return sum(self.ends(self.trades_topic).values())

    def wait_for_more(self, count, *processes):
        at_least = self.trades() + count
        self.wait_for(lambda: self.trades() >= at_least, f"{at_least} trades are stored", processes, account=self.trades)

    def begin_both(self):
        active = self.begin("ingest")
        self.wait_for_status("ingest", "ready", active)
        standby = self.begin("second")
        self.wait_for_status("second", "standby", active, standby)
        self.wait_for_more(100, active, standby)
        return active, standby

    def seconds_to_take_over(self, heir):
        """From now on until the first record of the heir is in the topic."""
        begun, before = time.monotonic(), self.trades()
        self.wait_for(lambda: self.trades() > before, "the standby takes over", (heir,), account=self.trades)
        return time.monotonic() - begun

    def wait_until_complete(self, host, process):
        """Each stream goes on, and no id before is missing."""
        newest = {stream: max(ids) for stream, ids in self.stored().items()}
        missing = {}

        def is_complete():
            stored = self.stored()
            missing.clear()
            missing.update({stream: max(ids) - min(ids) + 1 - len(ids) for stream, ids in stored.items()})
            return not any(missing.values()) and all(max(stored[stream]) > newest[stream] for stream in newest)

        self.wait_for_status(host, "ready", process)
        self.wait_for(is_complete, "no id is missing", (process,), account=lambda: missing)

    def stored(self):
        """{stream: {id: how often it is in the topic}}"""
        found = {}
        for partition, count in self.ends(self.trades_topic).items():
            if not count:
                continue
            # Up to the end of this moment: with -e, kcat would go on while records come.
            done = subprocess.run(["kcat", "-C", "-b", self.kafka, "-t", self.trades_topic, "-p", str(partition), "-q",
                                   "-o", "beginning", "-c", str(count)], capture_output=True, check=True, timeout=120,
                                  stdin=subprocess.DEVNULL)
            for event in map(json.loads, done.stdout.splitlines()):
                found.setdefault((event["s"], event["e"]), collections.Counter())[event[ID_OF[event["e"]]]] += 1
        return found

    def assert_nothing_is_missing(self):
        """The ids that are in the topic more than once."""
        stored = self.stored()
        self.assertEqual(len(stored), 6)
        doubled = {}
        for stream, ids in stored.items():
            self.assertEqual(max(ids) - min(ids) + 1, len(ids), f"{stream}: ids are missing")
            doubled.update({(stream, number): count for number, count in ids.items() if count > 1})
        return doubled


class StandbyTest(StandbyCase):
    def test_the_standby_takes_over_from_one_that_is_killed(self):
        names = {"ingest": None, "second": None}
        names["ingest"], names["second"] = self.begin_both()
        active, standby = "ingest", "second"
        took = []
        for _ in range(ROUNDS):
            said = self.status(standby)["standby"]["sentence"]
            self.assertIn(f"-{names[active].pid} at ", said)
            self.wait_for_more(random.randrange(1, 300), names[active])
            names[active].kill()
            took.append(self.seconds_to_take_over(names[standby]))
            names[active] = self.begin(active)
            active, standby = standby, active
            self.wait_until_complete(active, names[active])
            self.wait_for_status(standby, "standby", names[standby], names[active])
        print(f"took over within {statistics.median(took):.1f} s (median), {max(took):.1f} s (at most), of {len(took)}: "
              + " ".join(f"{seconds:.1f}" for seconds in took))
        self.assert_ended(names[standby].stop())
        self.assert_ended(names[active].stop())
        self.market.stop()
        self.assertEqual(self.assert_nothing_is_missing(), {})

    def test_the_standby_takes_over_from_one_that_stops(self):
        active, standby = self.begin_both()
        self.assert_ended(active.stop())
        print(f"took over within {self.seconds_to_take_over(standby):.1f} s of an end in order")
        self.wait_until_complete("second", standby)
        self.assert_ended(standby.stop())
        self.market.stop()
        self.assertEqual(self.assert_nothing_is_missing(), {})

    def test_a_frozen_process_writes_nothing_new_when_it_wakes(self):
        active, standby = self.begin_both()
        active.send(signal.SIGSTOP)
        took = self.seconds_to_take_over(standby)
        self.wait_until_complete("second", standby)
        self.wait_for_more(300, standby)
        before = self.stored()
        active.send(signal.SIGCONT)
        result = active.result()
        self.assertIn(result.code, (4, 5), result.stderr)
        self.assertRegex(result.stderr, r'this process lost its lock, so it writes nothing more and ends; .* lock "'
                         + re.escape(self.lock))
        # It starts again, as a service manager would have it, and stands by.
        again = self.begin("ingest")
        self.wait_for_status("ingest", "standby", again, standby)
        self.wait_until_complete("second", standby)
        for process in (again, standby):
            self.assert_ended(process.stop())
        self.market.stop()
        doubled = self.assert_nothing_is_missing()
        print(f"took over within {took:.1f} s of a freeze; {len(doubled)} ids are in the topic twice")
        # What it had handed to librdkafka before it froze may come late. What it received later does not come.
        for (stream, number), count in doubled.items():
            self.assertEqual(count, 2)
            self.assertIn(number, before[stream])

    def test_two_processes_without_a_lock_are_reported(self):
        self.lock = ""
        both = [self.begin("ingest"), self.begin("second")]
        for host in ("ingest", "second"):
            self.wait_for(lambda: self.counter(host, "sluice_kafka_foreign_records_total") > 0,
                          f"{host} has seen records of the other", both)
        for process in both:
            self.assert_ended(process.stop())
        self.market.stop()

    def test_a_stop_in_standby_ends_it_and_changes_nothing(self):
        active, standby = self.begin_both()
        result = standby.stop()
        self.assertEqual(result.code, 0, result.stderr)
        self.assertEqual(result.node("exchange")["in"], 0)
        self.wait_for_more(200, active)
        self.assert_ended(active.stop())
        self.market.stop()
        self.assertEqual(self.assert_nothing_is_missing(), {})


class BrokerTest(StandbyCase):
    @classmethod
    def setUpClass(cls):
        cls.broker_of_class = pipeline.start_server("kafka")
        cls.addClassCleanup(cls.broker_of_class.remove)

    def own_kafka(self):
        return self.broker_of_class

    def test_a_broker_that_is_away_moves_no_lock(self):
        both = self.begin_both()
        # Longer than the session: nobody can say whose the lock is.
        self.broker_of_class.kill()
        began = time.monotonic()
        self.wait_until_not_ready("ingest", *both, nodes=("trade_log", "quote_log"))
        support.wait_until(lambda: time.monotonic() - began > 12, "the session has ended", pause_s=0.1)
        self.broker_of_class.restart()
        self.wait_until_complete("ingest", both[0])
        self.wait_for_status("second", "standby", *both)
        results = [process.stop() for process in (both[1], both[0])]
        for result in results:
            self.assert_ended(result)
        self.market.stop()
        self.assertEqual(self.assert_nothing_is_missing(), {})


if __name__ == "__main__":
    pipeline.main()
