# SPDX-License-Identifier: Apache-2.0
"""The whole pipeline on real servers: exchange -> Kafka -> TimescaleDB. Topics and tables equal the simulator's truth."""

import bisect
from decimal import Decimal

import pipeline_support as pipeline
import support


class PipelineTest(pipeline.PipelineCase):
    def flow(self, count, *options):
        """Both processes, and an exchange that sends so many frames as fast as they are taken."""
        exchange = self.exchange("--rate", "0", "--frames", count, *options)
        graph = self.graph()
        return exchange, graph, self.ingest(graph, exchange), self.buffer(graph)

    def finish(self, count, exchange, ingest, buffer):
        """Waits until all is stored, and ends the three in order."""
        self.wait_for_log(count, ingest, buffer, seconds=120)
        self.wait_for_table_rows(count, ingest, buffer, seconds=120)
        self.wait_until_drained(ingest, buffer)
        results = ingest.stop(), buffer.stop()
        exchange.stop()
        for result in results:
            self.assert_ended(result)
        return results

    def assert_nothing_rejected(self):
        self.assertEqual(sum(self.ends(self.rejects_topic).values()), 0, "records in the topic of rejects")

    def test_generated_frames_at_full_speed(self):
        count = support.frames(200_000)
        exchange, graph, ingest, buffer = self.flow(count)
        ingested, buffered = self.finish(count, exchange, ingest, buffer)

        self.assertEqual(self.assert_log_is_truth(exchange), count)
        self.assert_codec(self.trades_topic, self.quotes_topic)
        self.assert_tables_are_log()
        self.assert_nothing_rejected()
        account = ingested.node("exchange")["account"]
        self.assertEqual((account["received"], account["delivered"], account["unsettled"]), (count, count, 0))
        for node, rows in (("trades", self.rows("trades")), ("book_ticker", self.rows("book_ticker"))):
            # The group may hand records out again while its members gather; the table has them once all the same.
            again = buffered.metric(node, "rows_already_there_total")
            self.assertEqual(buffered.node(node)["delivered"] - again, rows)

        self.assert_topics_are_made_as_declared()
        self.a_second_group_adds_no_row(count, graph)
        self.assert_candles()
        self.assert_every_trade_finds_the_quote_before_it()

    def assert_topics_are_made_as_declared(self):
        with self.broker() as broker:
            for topic in (self.trades_topic, self.quotes_topic):
                self.assertEqual(len(broker.metadata([topic])["topics"][topic][1]), 3)
                self.assertEqual(int(broker.topic_configuration(topic)["retention.ms"]), 7 * 24 * 3600 * 1000)

    def a_second_group_adds_no_row(self, count, graph):
        before = self.table_contents()
        other = self.directory / "other_group.yaml"
        other.write_text(graph.read_text().replace(self.group, f"{self.group}-again"))
        buffer = self.buffer(other, name="again")
        self.wait_until_drained(buffer, group=f"{self.group}-again")
        result = buffer.stop()
        self.assert_ended(result)
        self.assertGreaterEqual(result.node("trades")["delivered"] + result.node("book_ticker")["delivered"], count)
        self.assertEqual(self.table_contents(), before)

    def assert_candles(self):
        """time_bucket's candles of the table are those of the log."""
        stored = self.query("select extract(epoch from time_bucket('1 second', event_time))::bigint, symbol,"
                            " first(price, trade_id), max(price), min(price), last(price, trade_id), sum(quantity)"
                            " from trades where event_type = 'trade' group by 1, 2 order by 1, 2")
        candles = {}
        for record in self.records(self.trades_topic):
            data = record.json
            if data["e"] == "trade":
                candles.setdefault((data["T"] // 1000, data["s"]), []).append(
                    (data["t"], Decimal(data["p"]), Decimal(data["q"])))
        expected = []
        for (second, symbol), trades in sorted(candles.items()):
            trades.sort()
            prices = [price for _, price, _ in trades]
            expected.append([second, symbol, prices[0], max(prices), min(prices), prices[-1], sum(q for _, _, q in trades)])
        found = [[int(row[0]), row[1], *map(Decimal, row[2:])] for row in stored]
        self.assertIsNone(support.first_difference(found, expected), "candles: of the table, of the log")
        self.assertGreater(len(found), 0)

    def assert_every_trade_finds_the_quote_before_it(self):
        """A lateral join of 1,000 trades with the newest quote that had come by then."""
        stored = self.query(
            "select t.symbol, t.trade_id, q.update_id from (select * from trades where event_type = 'trade'"
            " order by event_time desc, symbol, trade_id limit 1000) t left join lateral (select update_id from"
            " book_ticker b where b.symbol = t.symbol and b.ingestion_ts <= t.event_time"
            " order by b.ingestion_ts desc, b.update_id desc limit 1) q on true order by 1, 2")
        trades, quotes = self.table_contents()
        by_symbol = {}
        for at, symbol, number, *_ in quotes:
            by_symbol.setdefault(symbol, []).append((at, number))
        expected = []
        newest = sorted((row for row in trades if row[2] == "trade"), key=lambda row: (-row[0], row[1], row[3]))[:1000]
        for at, symbol, _, number, *_ in newest:
            known = by_symbol[symbol]
            found = bisect.bisect_right(known, (at, float("inf")))
            expected.append([symbol, str(number), str(known[found - 1][1]) if found else None])
        expected.sort(key=lambda row: (row[0], int(row[1])))
        stored.sort(key=lambda row: (row[0], int(row[1])))
        self.assertIsNone(support.first_difference(stored, expected), "trade and quote: joined, expected")

    def test_as_one_process(self):
        count = support.frames(20_000)
        exchange = self.exchange("--rate", "0", "--frames", count)
        graph = self.graph()
        sluice = support.Sluice(self, graph, environment=self.environment(exchange))
        self.wait_for_table_rows(count, sluice)
        self.wait_until_drained(sluice)
        self.assertEqual(self.ready("ingest").status, 200, "the first address serves")
        result = sluice.stop()
        exchange.stop()
        self.assert_ended(result)
        self.assertEqual(self.assert_log_is_truth(exchange), count)
        self.assert_tables_are_log()
        self.assertEqual(self.lag(), 0)

    def test_captures(self):
        if not (support.CAPTURES / "btcusdt_20240808.gz").exists():
            self.skipTest("no recorded captures here (SLUICE_CAPTURES)")
        names = [support.CAPTURES / name for name in ("btcusdt_20240808.gz", "ethusdt_20240808.gz")]
        exchange = self.exchange("--capture", *names, "--speed", "0")
        graph = self.graph()
        ingest, buffer = self.ingest(graph, exchange), self.buffer(graph)
        count = 9757 + 6106 + 28040 + 24077
        ingested, _ = self.finish(count, exchange, ingest, buffer)
        self.assertEqual(self.assert_log_is_truth(exchange), count)
        self.assert_tables_are_log()
        self.assert_nothing_rejected()
        self.assertEqual((self.rows("trades"), self.rows("book_ticker")), (9757 + 6106, 28040 + 24077))
        self.assertEqual(ingested.receipt["may_be_lost"], 0)

    def test_aggregates_of_a_capture(self):
        if not (support.CAPTURES / "aggtrade_20210404.gz").exists():
            self.skipTest("no recorded captures here (SLUICE_CAPTURES)")
        exchange = self.exchange("--capture", support.CAPTURES / "aggtrade_20210404.gz", "--speed", "0")
        graph = self.graph()
        ingest, buffer = self.ingest(graph, exchange), self.buffer(graph)
        self.finish(1227 + 506, exchange, ingest, buffer)
        self.assertEqual(self.assert_log_is_truth(exchange), 1227 + 506)
        self.assert_tables_are_log()


class ZooKeeperTest(pipeline.PipelineCase):
    """The same log, coordinated as in the time before Kafka 4."""

    @classmethod
    def setUpClass(cls):
        cls.broker_of_class = pipeline.start_server("kafka-zookeeper")
        cls.addClassCleanup(cls.broker_of_class.remove)

    def own_kafka(self):
        return self.broker_of_class

    def test_rows_are_the_log(self):
        self.two_processes(support.frames(20_000), self.graph())


class PlainPostgresTest(pipeline.PipelineCase):
    """A database without TimescaleDB: tables instead of hypertables."""

    database_kind = "postgres"

    def test_rows_are_the_log(self):
        self.two_processes(support.frames(20_000), self.graph())


if __name__ == "__main__":
    pipeline.main()
