# SPDX-License-Identifier: Apache-2.0
"""What is lost between two runs of `ingest` is known: it learns from the topics where the run before it stopped."""

import pipeline_support as pipeline
import support


class RestartTest(pipeline.PipelineCase):
    def stored(self):
        """{stream: ids in the table}"""
        found = {}
        for symbol, kind, number in self.query("select symbol, event_type, trade_id from trades"):
            found.setdefault(f"{symbol.lower()}@{kind}", set()).add(int(number))
        return found

    def gaps(self, state):
        """{stream: ids in rows of this state}, and the causes in them."""
        ids, causes = {}, set()
        for stream, first, last, cause in self.query("select stream, first_id, last_id, cause from gaps where state ="
                                                     f" '{state}' and stream_type <> 'bookTicker'"):
            ids.setdefault(stream, set()).update(range(int(first), int(last) + 1))
            causes.add(cause)
        return ids, causes

    def run_again(self, end, *edits):
        """`ingest` twice, with a pause in which the exchange goes on; the result of the second run."""
        rate = 400
        exchange = self.exchange("--rate", rate, "--live-clock", "--frames", rate * 8)
        graph = self.graph(*edits)
        first, buffer = self.ingest(graph, exchange), self.buffer(graph)
        self.wait_until_ready("buffer", buffer)
        support.wait_until(lambda: len(self.stored()) == 6 and min(map(len, self.stored().values())) > 20,
                           "rows of each stream", pause_s=0.1)
        end(first)
        second = self.ingest(graph, exchange, name="ingest_again")
        exchange.wait_for_end_of_data()
        self.wait_for(lambda: self.counter("ingest", "sluice_binance_ws_open_gaps") == 0, "every gap is closed", (second, buffer))
        result = second.stop()
        self.wait_until_drained(buffer)
        self.assert_ended(buffer.stop())
        exchange.stop()
        return result

    def assert_every_id_is_known(self):
        """Each id from the first to the last is in the table or in a gap that was found, and in one of them only."""
        found, causes = self.gaps("found")
        self.assertGreater(len(found), 0)
        self.assertEqual(causes, {"the node did not run"})
        for stream, ids in self.stored().items():
            whole = set(range(min(ids), max(ids) + 1))
            self.assertEqual(whole - ids, found.get(stream, set()), stream)

    def test_a_killed_run_leaves_a_gap_that_the_next_one_finds(self):
        result = self.run_again(lambda process: process.kill(), pipeline.NO_REPAIR)
        self.assertIn("knows where the last run stopped", result.stderr)
        self.assert_every_id_is_known()

    def test_a_stopped_run_leaves_a_gap_that_the_next_one_finds(self):
        self.run_again(lambda process: self.assert_ended(process.stop()), pipeline.NO_REPAIR)
        self.assert_every_id_is_known()

    def test_what_a_killed_run_missed_is_fetched(self):
        self.run_again(lambda process: process.kill())
        found, repaired = self.gaps("found")[0], self.gaps("repaired")[0]
        self.assertGreater(len(found), 0)
        self.assertEqual(repaired, found)
        for stream, ids in self.stored().items():
            self.assertEqual(ids, set(range(min(ids), max(ids) + 1)), stream)

    # A gap outlives its hold at once.
    SHORT_HOLD = ('repair: { rest: "${BINANCE_REST_URL:-https://api.binance.com}" }',
                  'repair: { rest: "${BINANCE_REST_URL:-https://api.binance.com}", hold: 50ms }')

    def leave_open(self, end, *edits, is_passed=True):
        """`ingest` while REST is away, which misses ids and ends, and again with REST back."""
        exchange = self.exchange("--rate", 400, "--live-clock", "--drop", "btcusdt@trade:40:5", "--drop",
                                 "ethusdt@aggTrade:30:1", "--frames", 8_000)
        graph = self.graph(*edits)
        away = {"BINANCE_REST_URL": "http://127.0.0.1:9"}
        first, buffer = self.ingest(graph, exchange, environment=away), self.buffer(graph)
        self.wait_until_ready("buffer", buffer)
        missed = ("btcusdt@trade", "ethusdt@aggTrade")

        def is_behind():
            """Each of the gaps is recorded; where it holds nothing back any more, events behind it are stored."""
            stored, found = self.stored(), self.gaps("found")[0]
            return all(stream in found and (not is_passed or max(stored.get(stream, {0})) > max(found[stream]))
                       for stream in missed)

        self.wait_for(is_behind, "the gaps are recorded, and events behind them", (first, buffer))
        end(first)
        self.assertEqual(self.gaps("permanent")[0], {})
        names = {name for name, in self.query("select gap from gaps where state = 'found' and stream_type <> 'bookTicker'")}
        second = self.ingest(graph, exchange, name="ingest_again")
        exchange.wait_for_end_of_data()
        self.wait_for(lambda: self.ready("ingest").status == 200 and
                      self.counter("ingest", "sluice_binance_ws_open_gaps") == 0, "every gap is closed", (second, buffer))
        result = second.stop()
        self.assert_ended(result)
        self.wait_until_drained(buffer)
        self.assert_ended(buffer.stop())
        exchange.stop()
        for stream, ids in self.stored().items():
            self.assertEqual(ids, set(range(min(ids), max(ids) + 1)), stream)
        # Each gap is found once and closed once, by its name.
        for name in names:
            states = [(state, int(first), int(last)) for state, first, last in
                      self.query(f"select state, first_id, last_id from gaps where gap = '{name}' order by at")]
            whole = tuple(map(int, name.rsplit("/")[-1].split("-")))
            self.assertEqual(states, [("found", *whole), ("repaired", *whole)], name)
        return result

    def test_a_gap_that_outlives_its_hold_survives_a_kill(self):
        result = self.leave_open(lambda process: process.kill(), self.SHORT_HOLD)
        self.assertIn("that an earlier run found and did not close", result.stderr)

    def test_a_gap_that_outlives_its_hold_survives_a_stop(self):
        self.leave_open(lambda process: self.assert_ended(process.stop()), self.SHORT_HOLD)

    def test_a_gap_that_holds_its_stream_back_survives_a_stop(self):
        self.leave_open(lambda process: self.assert_ended(process.stop()), is_passed=False)

    def test_the_first_run_begins_without_a_gap(self):
        exchange = self.exchange("--rate", "100", "--frames", "100")
        graph = self.graph()
        ingest, buffer = self.ingest(graph, exchange), self.buffer(graph)
        self.wait_for_log(exchange.wait_for_end_of_data()["sent_events"], ingest, buffer)
        result = ingest.stop()
        self.wait_until_drained(buffer)
        self.assert_ended(result)
        self.assert_ended(buffer.stop())
        exchange.stop()
        self.assertEqual(self.gaps("found"), ({}, set()))


if __name__ == "__main__":
    pipeline.main()
