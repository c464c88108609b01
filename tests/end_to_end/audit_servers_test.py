# SPDX-License-Identifier: Apache-2.0
"""`sluice audit` of the whole pipeline on real servers: it names the rows that somebody deletes, and says that the topic
has them."""

import json

import pipeline_support as pipeline
import support


class AuditServersTest(pipeline.PipelineCase):
    def audit(self, graph, *options):
        code, out, error = self.run_command("audit", graph, "--json", *options, environment=self.environment())
        self.assertEqual(error, "")
        return code, json.loads(out)

    def keys(self, answer, store):
        return {(key["series"], key["key"]): key for each in answer["stores"] if each["store"] == store
                for key in each["keys"]}

    def test_deleted_rows_are_named_and_found_in_the_topic(self):
        count = support.frames(30_000)
        graph = self.graph()
        self.two_processes(count, graph)
        groups = self.committed()
        code, answer = self.audit(graph, "--received", "ingestion_timestamp")
        self.assertEqual((code, answer["complete"], answer["missing"]), (0, True, 0))
        self.assertEqual([each["store"] for each in answer["stores"]], ["trade_log", "trades", "quote_log", "book_ticker"])
        self.assertEqual(sum(each["records"] for each in answer["stores"]), 2 * count)
        log, table = self.keys(answer, "trade_log"), self.keys(answer, "trades")
        self.assertEqual(set(log), set(table))
        for key, held in log.items():
            self.assertEqual((held["records"], held["first"], held["last"], held["from"], held["to"]),
                             tuple(table[key][name] for name in ("records", "first", "last", "from", "to")))
            self.assertEqual((held["repeats"], held["late"], table[key]["late"]), (0, 0, None))
            if key[0] == "aggTrade":
                self.assertEqual((held["folds"]["folded_not_held"], held["folds"]["folded_twice"]), (0, 0))
        delays = answer["stores"][0]["delays"][0]
        self.assertGreater(delays["event_to_receipt"]["records"], 0)
        self.assertGreater(delays["event_to_store"]["records"], 0)
        # Reading left no trace.
        self.assertEqual(self.committed(), groups)

        key = table[("trade", "BTCUSDT")]
        first = key["first"] + 10
        self.query("DELETE FROM trades WHERE symbol = 'BTCUSDT' AND event_type = 'trade' AND trade_id BETWEEN "
                   f"{first} AND {first + 4}")
        code, answer = self.audit(graph)
        self.assertEqual((code, answer["complete"], answer["missing"]), (5, False, 5))
        hole, = self.keys(answer, "trades")[("trade", "BTCUSDT")]["holes"]
        self.assertEqual((hole["first"], hole["last"], hole["elsewhere"]), (first, first + 4, 5))

    def test_a_server_that_is_away_is_named_without_its_password(self):
        environment = {**self.environment(), "TIMESCALE_URL": "postgresql://postgres:secret@127.0.0.1:1/none"}
        code, out, _ = self.run_command("audit", self.graph(), environment=environment)
        self.assertEqual(code, 3)
        self.assertIn("not known: trades, book_ticker could not be read to the end", out)
        self.assertIn("127.0.0.1:1", out)
        self.assertNotIn("secret", out)


if __name__ == "__main__":
    pipeline.main()
