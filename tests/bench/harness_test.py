# SPDX-License-Identifier: Apache-2.0
"""The parts of bench/run that could be wrong without anybody noticing: intervals, verdicts, pairs, edits, programs."""

import array
import contextlib
import io
import json
import pathlib
import signal
import sys
import tempfile
import unittest

root = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "bench"))

from harness import graph_text, pairs  # noqa: E402
from harness.bench import Passages  # noqa: E402
from harness.program import Program, RunFailed  # noqa: E402
from harness.report import Report  # noqa: E402
from topics import burst  # noqa: E402


class PairsTest(unittest.TestCase):
    def test_of_ten_values_the_second_and_the_ninth(self):
        self.assertEqual(pairs.interval([10, 1, 2, 9, 3, 8, 4, 7, 5, 6]), (2, 9))

    def test_of_six_and_fewer_their_range(self):
        self.assertEqual(pairs.interval([3, 1, 2, 6, 5, 4]), (1, 6))
        self.assertEqual(pairs.interval([2, 1]), (1, 2))
        self.assertEqual(pairs.interval([1]), (1, 1))

    def test_of_twenty_values_the_sixth_and_the_fifteenth(self):
        self.assertEqual(pairs.interval(range(1, 21)), (6, 15))


class ReportTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.report = Report(pathlib.Path(self.directory.name) / "bench.json", {})
        quiet = contextlib.redirect_stdout(io.StringIO())
        quiet.__enter__()
        self.addCleanup(quiet.__exit__, None, None, None)

    def keep(self, who, *values):
        for self.report.turn, value in enumerate(values):
            if value is not None:
                self.report.keep("topic", who, cpu_s=value)

    def last_row(self):
        return self.report.rows[-1][0]

    def test_ratios_are_made_within_turns_that_both_ended_well(self):
        self.keep("ours", 10, None, 30, 40)
        self.keep("theirs", 10, 1, None, 20)
        self.report.ratio("ratio", "topic", "cpu_s", "ours", "theirs", 2)
        self.assertEqual(self.last_row()["value"], 1.5)
        self.assertEqual(self.last_row()["interval"], [1, 2])

    def test_a_verdict_says_when_the_goal_lies_in_the_interval(self):
        self.keep("ours", 1, 2, 3)
        for goal, at_least, met in ((3, False, "yes"), (2.5, False, "yes, within the interval"), (0.5, False, "**no**"),
                                    (1, True, "yes"), (4, True, "**no**")):
            self.report.figure("figure", "topic", "ours", "cpu_s", "s", goal, at_least)
            self.assertEqual(self.last_row()["met"], met, (goal, at_least))

    def test_what_was_measured_is_written_before_the_rest_is(self):
        self.keep("ours", 1)
        self.report.topic = "topic"
        self.report.fail("records are missing")
        written = json.loads(self.report.path.read_text())
        self.assertEqual(written["runs"], {"topic": {"ours": [{"turn": 0, "cpu_s": 1}]}})
        self.assertEqual(written["failures"], [{"topic": "topic", "why": "records are missing"}])
        self.assertIn("records are missing", self.report.markdown())


class GraphTextTest(unittest.TestCase):
    def test_options_of_a_node_and_of_a_type(self):
        text = (root / "graphs" / "binance.yaml").read_text()
        edited = text
        for edit in [*graph_text.parse_variant("records: 5000, timescale.writers: 4, exchange.symbols: [A, B]"),
                     ("trade_log", "partitions", None)]:
            edited = graph_text.set_option(edited, *edit)
        self.assertEqual(edited.count("type: batch, within: 2s, records: 5000"), 2)
        self.assertEqual(edited.count("\n    writers: 4\n"), text.count("type: timescale"))
        self.assertIn("\n    symbols: [A, B]\n", edited)
        self.assertEqual(edited.count("partitions:"), text.count("partitions:") - 1)

    def test_what_is_not_there_is_an_error(self):
        with self.assertRaises(ValueError):
            graph_text.set_option("nodes:\n  a: { type: b }\n", "c", "d", 1)
        with self.assertRaises(ValueError):
            graph_text.parse_variant("records")


class ProgramTest(unittest.TestCase):
    def test_cost_and_code_are_known_however_it_ends(self):
        program = Program(["/bin/sh", "-c", "echo said this; echo why >&2; exit 3"], listens=True)
        self.assertEqual(program.line(), ["said", "this"])
        program.end()
        self.assertEqual((program.code, program.words()), (3, "why"))
        self.assertGreater(program.cpu_s, 0)
        self.assertEqual(Program(["/bin/sleep", "60"]).stop().code, -signal.SIGTERM)

    def test_a_source_is_not_waited_for_when_its_reader_has_ended(self):
        source, reader = Program(["/bin/sleep", "60"], listens=True), Program(["/bin/false"])
        with self.assertRaisesRegex(RunFailed, "ended before"):
            source.line(reader)
        Program.end_all()
        self.assertEqual(Program.running, set())


class PassagesTest(unittest.TestCase):
    def write(self, *numbers):
        file = tempfile.NamedTemporaryFile()
        self.addCleanup(file.close)
        file.write(array.array("q", numbers).tobytes())
        file.flush()
        return file.name

    def test_the_first_time_counts_and_unused_room_does_not(self):
        passages = Passages(self.write(100, 150, 100, 190, 200, 220, 0, 0), 2)
        self.assertEqual(passages.delays_ns(), [20, 50])
        self.assertEqual(passages.delays_ns(150), [20])

    def test_a_missing_frame_is_a_failed_run(self):
        with self.assertRaises(RunFailed):
            Passages(self.write(100, 150), 2)


class BurstTest(unittest.TestCase):
    def test_the_worst_second_is_sent_so_many_times_between_quiet_ones(self):
        second = burst.SECOND_US
        frames = [(at * second, f"quiet{at}") for at in range(20)] + [(10 * second + part, f"loud{part}") for part in (1, 2)]
        frames.sort()
        self.assertEqual(burst.worst_second(frames), (10 * second, 3))
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "schedule"
            total = burst.write_schedule(frames, path)
            lines = path.read_text().splitlines()
        self.assertEqual(total, 3 * burst.FACTOR + sum(burst.QUIET_S))
        self.assertEqual(len(lines), 3 + sum(burst.QUIET_S))
        self.assertIn(f"{burst.QUIET_S[0] * second + 1} {burst.FACTOR} loud1", lines)

    def test_receive_times_of_all_captures_are_microseconds(self):
        for text, us in (("1617566591.326123: ", 1617566591326123), ("1680652800004107 ", 1680652800004107),
                         ("1723161254087896568 ", 1723161254087896)):
            self.assertEqual(burst.time_us(burst.LINE.match(text + '{"stream":"btcusdt@trade","data":{}}')), us)


if __name__ == "__main__":
    unittest.main()
