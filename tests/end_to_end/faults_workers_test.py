# SPDX-License-Identifier: Apache-2.0
"""Two buffer processes of one group share the partitions; when one ends, the other goes on from the committed offset."""

import signal
import time

import pipeline_support as pipeline
import support


class WorkersTest(pipeline.PipelineCase):
    def two_workers(self, rate):
        exchange = self.exchange("--rate", rate)
        graph = self.graph()
        ingest = self.ingest(graph, exchange)
        self.wait_for_log(1000, ingest)
        first = self.buffer(graph, name="first")
        other = self.directory / "second.yaml"
        other.write_text(graph.read_text().replace(f":{self.http['buffer']}", f":{self.http['second']}"))
        second = self.buffer(other, name="second")
        self.wait_for(lambda: self.has_partitions("buffer") and self.has_partitions("second"),
                      "each worker delivers", (ingest, first, second))
        return exchange, graph, ingest, first, second

    def has_partitions(self, which):
        return self.counter(which, "sluice_timescale_rows_inserted_total") > 0

    def end(self, exchange, ingest, *buffers):
        self.assert_ended(ingest.stop())
        exchange.stop()
        self.wait_until_drained(*buffers)
        results = [buffer.stop() for buffer in buffers]
        for result in results:
            self.assert_ended(result)
        self.assert_log_is_part_of_truth(exchange)
        self.assert_tables_are_log()
        return results

    def test_one_is_killed(self):
        exchange, _, ingest, first, second = self.two_workers(1000)
        second.send(signal.SIGKILL)
        began = time.monotonic()
        second.wait()
        at_kill = self.ends_of_all()
        # Every partition's committed position passes what was in the log at the moment of the kill.
        self.wait_for(lambda: all(self.committed().get(key, -1) >= end for key, end in at_kill.items()),
                      "the first goes on with the partitions of the second", (first, ingest))
        passed = time.monotonic() - began
        support.figure(f"one of two workers killed: all its partitions moved again after {passed:.1f} s")
        self.assertLess(passed, 20, "rivals: 45 s")
        self.end(exchange, ingest, first)

    def test_one_stops_in_order(self):
        exchange, _, ingest, first, second = self.two_workers(1000)
        began = time.monotonic()
        self.assert_ended(second.stop())
        at_stop = self.ends_of_all()
        self.wait_for(lambda: all(self.committed().get(key, -1) >= end for key, end in at_stop.items()),
                      "the first goes on with the partitions of the second", (first, ingest))
        support.figure(f"one of two workers stopped: all partitions moved again after {time.monotonic() - began:.1f} s")
        results = self.end(exchange, ingest, first)
        again = sum(results[0].metric(table, "rows_already_there_total") for table in ("trades", "book_ticker"))
        self.assertEqual(again, 0, "what the stopped one delivered, it committed")

    def test_more_join_and_leave_under_load(self):
        exchange, graph, ingest, first, second = self.two_workers(2000)
        third = self.directory / "third.yaml"
        for turn in range(3):
            port = pipeline.free_ports(1)[0]
            third.write_text(graph.read_text().replace(f":{self.http['buffer']}", f":{port}"))
            before = self.stored_in_log()
            worker = self.buffer(third, name=f"third{turn}")
            self.wait_for_table_rows(before, ingest, first, second, worker)
            self.assert_ended(worker.stop())
        self.end(exchange, ingest, first, second)

    def test_stopped_at_every_moment_of_its_start(self):
        """Connecting, joining the group, waiting for partitions, reading: SIGTERM ends each in order."""
        exchange = self.exchange("--rate", "0", "--frames", 3000)
        graph = self.graph()
        ingest = self.ingest(graph, exchange)
        self.wait_for_log(3000, ingest)
        self.assert_ended(ingest.stop())
        exchange.stop()
        for turn in range(12):
            buffer = self.buffer(graph, name=f"buffer{turn}")
            self.wait_for(lambda: self.ready("buffer").status != 0, "buffer answers", (buffer,))
            for _ in range(turn * 3):
                self.ready("buffer")
            self.assert_ended(buffer.stop())
        buffer = self.buffer(graph, name="last")
        self.wait_for(lambda: self.ready("buffer").status != 0, "buffer answers", (buffer,))
        self.wait_until_drained(buffer)
        self.assert_ended(buffer.stop())
        self.assert_tables_are_log()

    def ends_of_all(self):
        return {(topic, number): end for topic in (self.trades_topic, self.quotes_topic)
                for number, end in self.ends(topic).items()}


if __name__ == "__main__":
    pipeline.main()
