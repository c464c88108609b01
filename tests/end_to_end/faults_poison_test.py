# SPDX-License-Identifier: Apache-2.0
"""Records that no table can take, among good ones: each goes to the topic of rejects with where it was and why, alone."""

import json

import pipeline_support as pipeline
import support

GOOD = {"e": "trade", "E": 1790000000000, "s": "BTCUSDT", "t": 1, "p": "61837.63000000", "q": "0.10000000",
        "T": 1790000000000, "m": True, "M": True, "ingestion_timestamp": "2026-09-21T13:33:20.000000Z"}


def trade(**fields):
    data = {**GOOD, **fields}
    return json.dumps({key: value for key, value in data.items() if value is not None}, separators=(",", ":")).encode()


# name: (payload, SQLSTATE when the database refuses it, a word of the reason)
POISON = {
    "no JSON": (b"this is no JSON", None, ""),
    "cut off": (trade()[:40], None, ""),
    "field missing": (trade(t=None), None, "trade_id"),
    "number too large": (trade(t=900_000_001, p="1234567890123.00000000"), None, "price"),
    "id too large": (trade(t=99999999999999999999), None, "trade_id"),
    "NUL in text": (trade(t=900_000_002, s="BTC\0USDT"), None, "symbol"),
    "no value": (b"", None, ""),
    "time out of range": (trade(t=900_000_003, T=9223372036854775807), None, "event_time"),
}


class PoisonTest(pipeline.PipelineCase):
    def test_poison_among_good_records(self):
        count = support.frames(50_000)
        # Records without a value are discarded by default.
        group = f"group: {self.group}"
        graph = self.graph((group, f"{group}\n    tombstones: dead_letter"))
        exchange = self.exchange("--rate", "0", "--frames", count)
        ingest = self.ingest(graph, exchange)
        self.wait_for_log(count // 2, ingest, seconds=120)
        for payload, _, _ in POISON.values():
            self.produce(self.trades_topic, 0, payload)
        self.wait_for_log(count + len(POISON), ingest, seconds=120)
        self.assert_ended(ingest.stop())
        exchange.stop()

        offsets = {record.offset: record for record in self.records(self.trades_topic) if record.partition == 0}
        places = {name: next(offset for offset, record in offsets.items() if record.value == payload)
                  for name, (payload, _, _) in POISON.items()}
        buffer = self.buffer(graph)
        self.wait_until_drained(buffer)
        self.assert_ended(buffer.stop())

        rejects = {record.value: record for record in self.records(self.rejects_topic)}
        self.assertEqual(sum(self.ends(self.rejects_topic).values()), len(POISON))
        for name, (payload, _, word) in POISON.items():
            with self.subTest(name):
                self.assertIn(payload, rejects, f"the payload of '{name}' as it was; there is {list(rejects)}")
                headers = rejects[payload].headers
                said = " ".join(f"{key}={value}" for key, value in headers.items())
                support.figure(f"rejected '{name}': {said}")
                self.assertIn(self.trades_topic, said)
                self.assertIn(str(places[name]), said)
                self.assertIn(word, said)
        poison = {payload for payload, _, _ in POISON.values()}
        good = [record for record in self.records(self.trades_topic) if record.value not in poison]
        self.assertEqual(self.rows("trades"), len(good))
        self.assertEqual(self.table_rows(), count)

    def test_rows_that_only_the_database_refuses_carry_its_sqlstate(self):
        graph = self.graph()
        exchange = self.exchange("--rate", "0", "--frames", 3000)
        ingest = self.ingest(graph, exchange)
        self.wait_for_log(3000, ingest)
        self.assert_ended(ingest.stop())
        exchange.stop()
        first = self.buffer(graph, name="first")
        self.wait_until_drained(first)
        self.assert_ended(first.stop())
        self.query("alter table trades add constraint no_bargains check (price > 5)")
        self.produce(self.trades_topic, 0, trade(t=900_000_010, p="4.00000000"))
        self.produce(self.trades_topic, 0, trade(t=900_000_011))
        buffer = self.buffer(graph, name="second")
        self.wait_until_drained(buffer)
        self.assert_ended(buffer.stop())
        self.assertEqual(self.query("select count(*) from trades where trade_id = 900000011"), [["1"]])
        reject, = self.records(self.rejects_topic)
        said = " ".join(f"{key}={value}" for key, value in reject.headers.items())
        self.assertEqual(reject.value, trade(t=900_000_010, p="4.00000000"))
        self.assertIn("23514", said)
        self.assertIn(self.trades_topic, said)

    def test_too_many_rejects_are_a_wrong_schema(self):
        """The graph stops instead of emptying the log into the topic of rejects; the positions stay."""
        graph = self.graph()
        exchange = self.exchange("--rate", "0", "--frames", 2000)
        ingest = self.ingest(graph, exchange)
        self.wait_for_log(2000, ingest)
        self.assert_ended(ingest.stop())
        exchange.stop()
        wrong = self.directory / "wrong.yaml"
        text = graph.read_text()
        old = 'price:          { from: p, as: "numeric(20,8)" }'
        self.assertIn(old, text)
        wrong.write_text(text.replace(old, 'price:          { from: nosuchfield, as: "numeric(20,8)" }'))
        buffer = self.buffer(wrong)
        result = buffer.result()
        self.assertEqual(result.code, 4, result.stderr[-3000:])
        self.assertEqual(result.receipt["may_be_lost"], 0)
        self.assertLessEqual(sum(self.ends(self.rejects_topic).values()), 200)
        right = self.buffer(graph, name="right")
        self.wait_until_drained(right)
        self.assert_ended(right.stop())
        stored = self.rows("trades") + sum(self.ends(self.rejects_topic).values())
        self.assertGreaterEqual(stored, sum(self.ends(self.trades_topic).values()))


if __name__ == "__main__":
    pipeline.main()
