# SPDX-License-Identifier: Apache-2.0
"""An exchange that cuts, stalls, freezes and sends nonsense, with Kafka behind and no repair: what passed while nobody
listened is missing and counted, and nothing else is. gaps_test.py has the repair."""

import signal
import time
import unittest

import pipeline_support as pipeline
import support

DEFAULT_RECONNECT = ("reconnect: { first: 50ms, max: 1s }", "reconnect: { first: 1s, max: 60s }")


class ExchangeTest(pipeline.PipelineCase):
    def test_cut_again_and_again(self):
        """The market goes on while the connection is away."""
        # Waits double from one short connection to the next, so the usual ones allow few cuts.
        rate, cuts = 400, 4 if pipeline.FULL else 10
        exchange = self.exchange("--rate", rate, "--live-clock", "--frames", rate * (cuts + 2), *[
            word for cut in range(cuts) for word in ("--cut-at", rate * (cut + 1))])
        ingest = self.ingest(self.graph(pipeline.NO_REPAIR, *([DEFAULT_RECONNECT] if pipeline.FULL else [])), exchange)
        count = exchange.wait_for_end_of_data()["sent_events"]
        self.wait_for_log(count, ingest)
        result = ingest.stop()
        truth = exchange.stop()
        self.assert_ended(result)
        self.assertEqual(self.assert_log_is_truth(exchange), count)
        self.assertEqual(result.metric("exchange", "gaps_total"), cuts)
        issued = sum(stream["issued"]["count"] for stream in truth["streams"])
        open_ms = [connection["opened_ms"] for connection in truth["connections"][1:]]
        closed_ms = [connection["closed_ms"] for connection in truth["connections"][:-1]]
        away = [a - b for a, b in zip(open_ms, closed_ms)]
        support.figure(f"websocket cut x{cuts}: {issued - count} frames passed while nobody listened, {count} of {count}"
                       f" sent are in the log; connected again after {min(away)} to {max(away)} ms; gaps counted {cuts}")

    def noticed_after(self, ingest, connections):
        began = time.monotonic()
        self.wait_for(lambda: self.counter("ingest", "sluice_binance_ws_connections_total") > connections,
                      "ingest connects again", (ingest,), 120)
        return time.monotonic() - began

    @pipeline.only_full
    def test_stalled_stream_with_pings(self):
        exchange = self.exchange("--rate", "1000", "--frames", 6000, "--stall-at", "3000", "--ping-interval", "5s")
        ingest = self.ingest(self.graph(), exchange)
        self.wait_for_log(3000, ingest)
        seconds = self.noticed_after(ingest, 1)
        support.figure(f"stalled stream, pings still answered: noticed after {seconds:.0f} s")
        count = exchange.wait_for_end_of_data()["sent_events"]
        self.wait_for_log(count, ingest)
        self.assert_ended(ingest.stop())
        exchange.stop()
        self.assertEqual(self.assert_log_is_truth(exchange), count)

    @pipeline.only_full
    def test_frozen_server(self):
        exchange = self.exchange("--rate", "1000", "--frames", 6000)
        ingest = self.ingest(self.graph(pipeline.NO_REPAIR), exchange)
        self.wait_for_log(2000, ingest)
        exchange.send(signal.SIGSTOP)
        began = time.monotonic()
        self.wait_until_not_ready("ingest", ingest, nodes=("exchange",))
        support.figure(f"frozen server, no pings: noticed after {time.monotonic() - began:.0f} s")
        exchange.send(signal.SIGCONT)
        count = exchange.wait_for_end_of_data()["sent_events"]
        self.wait_for_log(count - 200, ingest)
        self.assert_ended(ingest.stop())
        exchange.stop()
        support.figure(f"frozen server: {self.assert_log_is_part_of_truth(exchange)} frames of {count} missing")

    def malformed(self, *options):
        """Frames that are no events, among 10,000 that are; answers how many lie in the topic of rejects."""
        exchange = self.exchange("--rate", "0", "--frames", 10_000, *options)
        graph = self.graph()
        ingest, buffer = self.ingest(graph, exchange), self.buffer(graph)
        self.wait_for_log(10_000, ingest, buffer)
        self.wait_until_drained(ingest, buffer)
        result = ingest.stop()
        self.assert_ended(result)
        self.assert_ended(buffer.stop())
        exchange.stop()
        self.assertEqual(self.assert_log_is_truth(exchange), 10_000)
        self.assert_tables_are_log()
        rejected = sum(self.ends(self.rejects_topic).values())
        self.assertEqual(rejected, result.metric("exchange", "malformed_total"))
        support.figure(f"malformed frames: {rejected} in the topic of rejects, 10000 of 10000 events stored")
        return rejected

    def test_malformed_frames(self):
        kinds = ("text", "truncated", "utf8", "fields")
        options = [word for at, kind in enumerate(kinds) for word in ("--malformed-at", f"{1000 * (at + 1)}:{kind}")]
        self.assertEqual(self.malformed(*options), len(kinds))

    def test_malformed_frame_as_large_as_frames_may_be(self):
        self.assertEqual(self.malformed("--malformed-at", "1000:junk"), 1)


if __name__ == "__main__":
    pipeline.main()
