# SPDX-License-Identifier: Apache-2.0
"""The torture itself, without servers: plans replay, and the count finds whatever is lost, doubled or made up."""

import pathlib
import sys
import types
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "end_to_end"))

import conservation  # noqa: E402
import plan as plans  # noqa: E402

TRADE, QUOTE = ("trade", 1, "10.0", "2.0"), ("bookTicker", 7, "1.0", "2.0", "3.0", "4.0")
AGGREGATE, LATER = ("aggTrade", 5, "10.0", "2.0"), ("trade", 2, "11.0", "1.0")


class PlanTest(unittest.TestCase):
    def test_a_seed_replays(self):
        for seed in range(50):
            self.assertEqual(plans.make(seed), plans.make(seed))
        self.assertNotEqual(plans.make(1).faults, plans.make(3).faults)

    def test_faults_of_one_target_do_not_overlap(self):
        for seed in range(500):
            for is_short in (False, True):
                ends = {}
                for fault in plans.make(seed, is_short).faults:
                    self.assertGreaterEqual(fault.at, ends.get(fault.target, 0), f"seed {seed}: {fault}")
                    ends[fault.target] = fault.at + fault.seconds

    def test_every_kind_strikes(self):
        struck = {fault.kind for seed in range(500) for fault in plans.make(seed).faults}
        self.assertEqual(struck, set(plans.KINDS))

    def test_four_seeds_cover_the_ways_to_write(self):
        found = {(plans.make(seed).method, plans.make(seed).has_member) for seed in range(1, 5)}
        self.assertEqual(len(found), 4)



class ConservationTest(unittest.TestCase):
    """Three events through log and tables, and one thing wrong at a time."""

    def setUp(self):
        self.sent = {"trades": {"BTCUSDT": [TRADE, AGGREGATE, LATER]}, "quotes": {"BTCUSDT": [QUOTE]}}
        self.logged = {"trades": {"BTCUSDT": [TRADE, AGGREGATE, LATER]}, "quotes": {"BTCUSDT": [QUOTE]}}
        self.expected = [TRADE, AGGREGATE, LATER], [QUOTE]
        self.stored = [TRADE, AGGREGATE, LATER], [QUOTE]
        self.rejected = {}

    def count(self, interruptions=0):
        case = types.SimpleNamespace(sent=lambda _: self.sent, logged=lambda: self.logged, ends=lambda _: self.rejected,
                                     table_contents=lambda: self.stored, expected_rows=lambda: self.expected, rejects_topic="")
        return conservation.Conservation(case, None, interruptions)

    def assert_found(self, words, interruptions=0):
        found = self.count(interruptions).problems
        self.assertEqual(len(found), 1, found)
        self.assertIn(words, found[0])

    def test_all_is_well(self):
        found = self.count()
        self.assertEqual(found.problems, [])
        self.assertEqual(found.counts, {"sent": 4, "topics": 4, "rows": 4, "lost": 0, "doubled": 0, "quotes_missing": 0})

    def test_a_trade_is_missing_in_the_topic(self):
        self.logged["trades"]["BTCUSDT"].remove(LATER)
        for interruptions in (0, 1):
            self.assert_found("trades and aggregates that are not in the topics: 1", interruptions)

    def test_a_quote_may_be_missing_only_where_frames_may_be_lost(self):
        self.logged["quotes"]["BTCUSDT"].clear()
        self.assert_found("quotes that are not in the topics: 1")
        found = self.count(interruptions=1)
        self.assertEqual((found.problems, found.counts["quotes_missing"]), ([], 1))

    def test_quotes_are_missing_in_more_places_than_frames_were_lost(self):
        quotes = [("bookTicker", number, "1.0", "2.0", "3.0", "4.0") for number in range(1, 6)]
        self.sent["quotes"]["BTCUSDT"], self.logged["quotes"]["BTCUSDT"] = quotes, quotes[::2]
        self.expected = self.stored = (self.expected[0], quotes[::2])
        self.assert_found("missing in 2 places, after 1 interruptions", interruptions=1)
        self.assertEqual(self.count(interruptions=2).problems, [])

    def test_a_record_is_doubled(self):
        self.logged["trades"]["BTCUSDT"].append(LATER)
        self.assert_found("in the topics twice: 1")

    def test_a_stream_is_out_of_order(self):
        self.logged["trades"]["BTCUSDT"] = [LATER, AGGREGATE, TRADE]
        self.assert_found("out of order in their topic: 1")

    def test_a_record_was_never_sent(self):
        self.logged["quotes"]["BTCUSDT"].append(("bookTicker", 8, "1.0", "2.0", "3.0", "4.0"))
        self.assert_found("never sent: 1")

    def test_a_row_is_missing(self):
        self.stored[0].remove(TRADE)
        self.assert_found("not in table trades: 1")

    def test_a_row_is_doubled(self):
        self.stored[1].append(QUOTE)
        self.assert_found("twice in table book_ticker: 1")

    def test_a_row_is_in_no_topic(self):
        self.stored[1].append(("bookTicker", 8, "1.0", "2.0", "3.0", "4.0"))
        self.assert_found("in no topic: 1")

    def test_a_good_record_is_in_the_dead_letter(self):
        self.rejected = {0: 1}
        self.assert_found("dead letter: 1")


if __name__ == "__main__":
    unittest.main(verbosity=2)
