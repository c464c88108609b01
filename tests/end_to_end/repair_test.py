# SPDX-License-Identifier: Apache-2.0
"""Ids that the exchange drops, repeats and swaps, and connections that end, with and without `repair`: every trade that
the simulator issued is stored once and in order, or a record of the port `gaps` says that it is missing."""

import json

import support

GRAPH = """
graph: complete
nodes:
  exchange:
    type: binance_ws
    url: URL
    symbols: [BTCUSDT, ETHUSDT, BNBUSDT]
    streams: [trade, aggTrade, bookTicker]
    reconnect: { first: 20ms, max: 100ms }
    malformed: discard
    REPAIR
  all:   { type: file, path: all.jsonl }
  gaps:  { type: file, path: gaps.jsonl }
edges:
  - { from: exchange.out, to: all, buffer: { records: 20000, bytes: 64MiB } }
  - { from: exchange.gaps, to: gaps, buffer: { records: 1000, bytes: 4MiB } }
"""
ID_OF = {"trade": "t", "aggTrade": "a"}
TYPES = {"trade": "trade", "aggTrade": "agg_trade"}


class RepairTest(support.Case):
    def begin(self, *options, repair="", name="exchange"):
        exchange = support.Simulator(self, *options, name=name)
        graph = self.directory / "complete.yaml"
        more = repair.replace("REST", exchange.url().replace("ws://", "http://"))
        graph.write_text(GRAPH.replace("URL", exchange.url()).replace("REPAIR", more))
        return exchange, support.Sluice(self, graph)

    def lines(self, name):
        path = self.directory / name
        text = path.read_text() if path.exists() else ""
        return [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()]

    def stored(self):
        """The ids of trades and aggTrades by stream, as they stand in the file."""
        ids = {}
        for line in self.lines("all.jsonl"):
            if line.get("e") in ID_OF:
                ids.setdefault(f"{line['s'].lower()}@{line['e']}", []).append(line[ID_OF[line["e"]]])
        return ids

    def gaps(self):
        """By state and stream, the ids that records name."""
        named = {"found": {}, "repaired": {}, "permanent": {}}
        for record in self.lines("gaps.jsonl"):
            if record["stream_type"] == "bookTicker":
                continue
            ids = named[record["state"]].setdefault(record["stream"], [])
            ids.extend(range(record["first_id"], record["last_id"] + 1))
        return named

    def issued(self, truth):
        return {stream["stream"]: list(range(stream["issued"]["first"], stream["issued"]["last"] + 1))
                for stream in truth["streams"] if stream["event_type"] in ID_OF and stream["issued"]["count"]}

    def wait_until_stored(self, truth, missing=0):
        count = sum(len(ids) for ids in self.issued(truth).values()) - missing
        path = self.directory / "all.jsonl"

        def are_there():
            with open(path, encoding="utf-8") as lines:
                return sum(1 for line in lines if '"e":"' in line and line.endswith("\n")) >= count

        support.wait_until(are_there, f"{count} trades and aggTrades are stored", pause_s=0.2)

    def assert_closed(self, result):
        """Each gap that was found is closed, and each missing id is in one closing record."""
        named = self.gaps()
        for stream, ids in named["found"].items():
            closed = named["repaired"].get(stream, []) + named["permanent"].get(stream, [])
            self.assertEqual(sorted(ids), sorted(closed), stream)
        found = sum(len(ids) for ids in named["found"].values())
        self.assertEqual(result.metric("exchange", "missing_ids_total"), found)
        self.assertEqual(result.metric("exchange", "open_gaps"), 0)
        for name in TYPES.values():
            self.assertEqual(result.metric("exchange", f"gaps_found_{name}_total"),
                             result.metric("exchange", f"gaps_repaired_{name}_total") +
                             result.metric("exchange", f"gaps_permanent_{name}_total"))
        return named

    def assert_complete(self, truth):
        stored = self.stored()
        for stream, ids in self.issued(truth).items():
            self.assertEqual(stored.get(stream), ids, f"{stream}: every id once and in order")

    FAULTS = ("--drop", "trade:every:100:7", "--drop", "aggTrade:every:150:3", "--repeat", "trade:every:35",
              "--swap", "trade:every:60", "--close-at", "every:3000")

    def test_all_that_was_issued_is_stored_once_and_in_order(self):
        exchange, sluice = self.begin("--rate", "4000", "--frames", support.frames(20_000), *self.FAULTS,
                                      "--weight-limit", "1000000", repair="repair: { rest: 'REST' }")
        exchange.wait_for_end_of_data()
        truth = json.loads(exchange.truth_path.read_text())
        self.wait_until_stored(truth)
        result = sluice.stop()
        exchange.stop()
        self.assertEqual(result.code, 0, result.stderr)
        self.assertTrue(result.receipt["balanced"], result.stdout)
        self.assert_complete(truth)
        named = self.assert_closed(result)
        self.assertEqual(named["permanent"], {})
        self.assertGreater(result.metric("exchange", "repaired_ids_total"), 100)
        self.assertGreater(result.metric("exchange", "repeats_total"), 10)
        self.assertGreater(result.metric("exchange", "reconnects_closed_total"), 2)

    def test_what_went_by_without_a_connection_is_repaired(self):
        """The market does not wait for its client here."""
        exchange, sluice = self.begin("--rate", "3000", "--frames", support.frames(15_000), "--live-clock", "--cut-at",
                                      "every:2000", "--weight-limit", "1000000", repair="repair: { rest: 'REST' }")
        exchange.wait_for_end_of_data()
        truth = json.loads(exchange.truth_path.read_text())
        stored = {}

        def is_complete():
            stored.update(self.stored())
            # What the market issued behind the last frame shows only when the next one comes.
            return all(stream in stored and stored[stream] == list(range(stored[stream][0], stored[stream][-1] + 1))
                       for stream in self.issued(truth))

        support.wait_until(is_complete, "no id is missing", pause_s=0.5)
        result = sluice.stop()
        exchange.stop()
        self.assertEqual(result.code, 0, result.stderr)
        named = self.assert_closed(result)
        self.assertEqual(named["permanent"], {})
        quotes = [record for record in self.lines("gaps.jsonl") if record["stream_type"] == "bookTicker"]
        self.assertTrue(quotes)
        self.assertEqual({record["state"] for record in quotes}, {"found", "permanent"})

    def test_without_repair_each_missing_id_is_permanent(self):
        exchange, sluice = self.begin("--rate", "4000", "--frames", support.frames(10_000), "--drop", "trade:every:100:7",
                                      "--repeat", "trade:every:35")
        truth = exchange.wait_for_end_of_data()
        dropped = {stream["stream"]: sorted(id for first, last in stream.get("dropped", [])
                                            for id in range(first, last + 1)) for stream in truth["streams"]}
        missing = sum(len(ids) for ids in dropped.values())
        self.assertGreater(missing, 10)
        self.wait_until_stored(truth, missing)
        result = sluice.stop()
        exchange.stop()
        named = self.assert_closed(result)
        stored = self.stored()
        for stream, ids in self.issued(truth).items():
            both = stored[stream] + named["permanent"].get(stream, [])
            # What is dropped behind the last event that was sent shows in no id.
            self.assertEqual(sorted(both), [id for id in ids if id <= stored[stream][-1]], stream)

    def test_a_stop_while_records_are_held_back_gives_them_out(self):
        exchange, sluice = self.begin("--rate", "4000", "--drop", "btcusdt@trade:50:5", "--rest-delay-at", "1:3600",
                                      repair="repair: { rest: 'REST', hold: 1h }")
        path = self.directory / "gaps.jsonl"
        support.wait_until(lambda: path.exists() and path.stat().st_size > 0, "the gap is found")
        others = len(self.stored()["ethusdt@trade"])
        support.wait_until(lambda: len(self.stored()["ethusdt@trade"]) > others + 100, "others go on", pause_s=0.1)
        result = sluice.stop()
        exchange.stop()
        self.assertEqual(result.code, 0, result.stderr)
        named = self.assert_closed(result)
        self.assertEqual(len(named["permanent"]["btcusdt@trade"]), 5)
        ids = self.stored()["btcusdt@trade"]
        self.assertEqual(sorted(ids + named["permanent"]["btcusdt@trade"]), list(range(ids[0], ids[-1] + 1)))
        self.assertEqual(ids, sorted(ids))


if __name__ == "__main__":
    support.main()
