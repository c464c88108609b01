# SPDX-License-Identifier: Apache-2.0
"""Kafka that is away: at the start, in the middle, for long. Nothing that was accepted is lost or doubled, order holds,
and /readyz says what is wrong."""

import signal
import time

import pipeline_support as pipeline
import support

LOGS = ("trade_log", "quote_log")


class BrokerCase(pipeline.PipelineCase):
    """A test with brokers to kill."""

    brokers = 1

    @classmethod
    def setUpClass(cls):
        cls.broker_of_class = pipeline.start_server("kafka", brokers=cls.brokers)
        cls.addClassCleanup(cls.broker_of_class.remove)

    def setUp(self):
        self.broker_of_class.restart()
        super().setUp()

    def own_kafka(self):
        return self.broker_of_class

    def finish(self, exchange, ingest, buffer):
        """All is stored; the ends of both processes are in order."""
        count = exchange.wait_for_end_of_data()["sent_events"]
        self.wait_for_log(count, ingest, buffer, seconds=180)
        self.wait_until_drained(ingest, buffer, seconds=180)
        results = ingest.stop(), buffer.stop()
        exchange.stop()
        for result in results:
            self.assert_ended(result)
        self.assertEqual(results[0].receipt["may_be_lost"], 0)
        self.assertEqual(self.assert_log_is_truth(exchange), count)
        self.assert_tables_are_log()
        return results


class BrokerTest(BrokerCase):
    def test_down_at_start(self):
        self.broker_of_class.kill()
        exchange = self.exchange("--rate", "2000", "--frames", 5000)
        graph = self.graph()
        ingest, buffer = self.ingest(graph, exchange), self.buffer(graph)
        self.wait_until_not_ready("ingest", ingest, nodes=LOGS)
        self.wait_until_not_ready("buffer", buffer, nodes=LOGS)
        self.broker_of_class.restart()
        self.finish(exchange, ingest, buffer)

    def test_killed_again_and_again(self):
        kills = 5 if pipeline.FULL else 3
        count = support.frames(3000 * (kills + 1))
        exchange = self.exchange("--rate", count // (3 * (kills + 1)), "--frames", count)
        graph = self.graph()
        ingest, buffer = self.ingest(graph, exchange), self.buffer(graph)
        for kill in range(kills):
            self.wait_for_log((kill + 1) * count // (kills + 2), ingest, buffer)
            self.broker_of_class.kill()
            self.wait_until_not_ready("ingest", ingest, buffer, nodes=LOGS)
            self.broker_of_class.restart()
            self.wait_until_ready("ingest", ingest, buffer)
            self.wait_until_ready("buffer", ingest, buffer)
        self.finish(exchange, ingest, buffer)

    def test_killed_while_a_backlog_drains(self):
        count = support.frames(300_000 if pipeline.FULL else 60_000)
        exchange = self.exchange("--rate", "0", "--frames", count)
        graph = self.graph()
        ingest = self.ingest(graph, exchange)
        self.wait_for_log(count, ingest, seconds=120)
        buffer = self.buffer(graph)
        for kill in range(2):
            self.wait_for_table_rows((kill + 1) * count // 4, buffer)
            self.broker_of_class.kill()
            self.broker_of_class.restart()
        self.finish(exchange, ingest, buffer)

    def down_for(self, seconds, rate):
        """The exchange goes on sending while the broker is away."""
        exchange = self.exchange("--rate", rate, "--frames", rate * int(seconds + 10))
        graph = self.graph()
        ingest, buffer = self.ingest(graph, exchange), self.buffer(graph)
        self.wait_for_log(rate, ingest, buffer)
        before = self.memory_mib(ingest)
        self.broker_of_class.kill()
        began = time.monotonic()
        self.wait_until_not_ready("ingest", ingest, buffer, nodes=LOGS)
        # Here time itself is what is tested: the broker's absence.
        support.wait_until(lambda: time.monotonic() - began > seconds, "the broker was away for long", seconds + 60, 0.1)
        after = self.memory_mib(ingest)
        self.broker_of_class.restart()
        results = self.finish(exchange, ingest, buffer)
        support.figure(f"broker down {seconds} s at {rate}/s: ingest's memory {before} -> {after} MiB,"
                       f" may be lost {results[0].receipt['may_be_lost']}")

    def test_down_for_longer(self):
        self.down_for(35 if pipeline.FULL else 12, 2000)

    @pipeline.only_full
    def test_down_for_longer_than_message_timeouts(self):
        self.down_for(327, 500)

    def test_ended_while_the_broker_is_down_says_what_may_be_lost(self):
        exchange = self.exchange("--rate", "2000")
        graph = self.graph()
        ingest = self.ingest(graph, exchange, "--drain-seconds", "2")
        self.wait_for_log(2000, ingest)
        self.broker_of_class.kill()
        self.wait_until_not_ready("ingest", ingest, nodes=LOGS)
        ingest.send(signal.SIGTERM)
        began = time.monotonic()
        result = ingest.result()
        support.figure(f"SIGTERM while the broker is down: {time.monotonic() - began:.1f} s, exit {result.code}, may be"
                       f" lost {result.receipt['may_be_lost']}")
        exchange.stop()
        self.broker_of_class.restart()
        stored = self.stored_in_log()
        self.assert_log_is_part_of_truth(exchange)
        account = result.node("exchange")["account"]
        self.assert_ended(result, 5)
        self.assertGreater(result.receipt["may_be_lost"], 0)
        # What was under way when the broker died may have been stored without an answer: never less than it says.
        self.assertGreaterEqual(stored, account["delivered"])
        self.assertGreaterEqual(stored + result.receipt["may_be_lost"], account["received"])

    def test_kill_of_ingest_leaves_no_event_doubled_or_out_of_order(self):
        exchange = self.exchange("--rate", "3000")
        graph = self.graph()
        buffer = self.buffer(graph)
        ingest = None
        for kill in range(3):
            ingest = self.ingest(graph, exchange, name=f"ingest{kill}")
            self.wait_for_log(2000 * (kill + 1), ingest, buffer)
            ingest.send(signal.SIGKILL)
            ingest.wait()
        ingest = self.ingest(graph, exchange, name="last")
        self.wait_for_log(self.stored_in_log() + 2000, ingest, buffer)
        self.wait_for(lambda: self.counter("ingest", "sluice_binance_ws_open_gaps") == 0, "every gap is closed", (ingest, buffer))
        self.assert_ended(ingest.stop())
        exchange.stop()
        self.wait_until_drained(buffer)
        self.assert_ended(buffer.stop())
        missing = self.assert_log_is_part_of_truth(exchange, is_repaired=True)
        holes = self.query("select count(*) from (select trade_id - lag(trade_id) over (partition by symbol, event_type"
                           " order by trade_id) as step from trades) steps where step > 1")[0][0]
        self.assertEqual(holes, "0", "trades that a killed process held are fetched by the next one")
        support.figure(f"kill -9 of ingest x3 at 3000/s: no trade is missing; {missing} other frames were in the dead processes'"
                       " hands, or came after the end")
        self.assert_tables_are_log()

    def test_stop_of_ingest_in_full_flow_loses_nothing_it_took(self):
        exchange = self.exchange("--rate", "0")
        graph = self.graph()
        ingest = self.ingest(graph, exchange)
        self.wait_for_log(support.frames(20_000), ingest)
        result = ingest.stop()
        exchange.stop()
        self.assert_ended(result)
        account = result.node("exchange")["account"]
        self.assertEqual((account["delivered"], account["unsettled"]), (account["received"], 0))
        self.assertEqual(self.stored_in_log(), account["received"])
        self.assert_log_is_part_of_truth(exchange)


@pipeline.only_full
class ThreeBrokersTest(BrokerCase):
    """Leaders change; topics have three replicas, which is this cluster's default."""

    brokers = 3

    def test_each_broker_is_killed_in_turn(self):
        count = 60_000
        exchange = self.exchange("--rate", 800, "--frames", count)
        graph = self.graph()
        ingest, buffer = self.ingest(graph, exchange), self.buffer(graph)
        for number in (1, 2, 3):
            self.wait_for_log(number * count // 5, ingest, buffer)
            self.broker_of_class.kill(f"broker{number}")
            before = self.table_rows()
            self.wait_for_table_rows(min(before + 3000, count), ingest, buffer)
            self.broker_of_class.restart()
        self.finish(exchange, ingest, buffer)


if __name__ == "__main__":
    pipeline.main()
