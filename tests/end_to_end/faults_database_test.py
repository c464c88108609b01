# SPDX-License-Identifier: Apache-2.0
"""The database that is away, locked or wrong, and buffer processes that end in every way: what Kafka holds is in the
tables once, whatever happened."""

import re
import signal
import time

import pipeline_support as pipeline
import support

TABLES = ("trades", "book_ticker")


class DatabaseTest(pipeline.PipelineCase):
    @classmethod
    def setUpClass(cls):
        cls.database_of_class = pipeline.start_server("timescale")
        cls.addClassCleanup(cls.database_of_class.remove)

    def setUp(self):
        self.database_of_class.restart()
        super().setUp()

    def own_database(self):
        return self.database_of_class

    def fill_log(self, graph, count):
        """So many records wait in Kafka."""
        exchange = self.exchange("--rate", "0", "--frames", count)
        ingest = self.ingest(graph, exchange)
        self.wait_for_log(count, ingest, seconds=120)
        self.assert_ended(ingest.stop())
        exchange.stop()

    def finish(self, buffer, seconds=180):
        self.wait_for(lambda: self.ready("buffer").status != 0, "buffer answers", (buffer,))
        self.wait_until_drained(buffer, seconds=seconds)
        result = buffer.stop()
        self.assert_ended(result)
        self.assert_tables_are_log()
        return result

    def test_down_at_start(self):
        graph = self.graph()
        self.fill_log(graph, 5000)
        self.database_of_class.kill()
        buffer = self.buffer(graph)
        self.wait_until_not_ready("buffer", buffer, nodes=TABLES)
        self.database_of_class.restart()
        self.finish(buffer)

    def test_killed_again_and_again(self):
        count = support.frames(100_000 if pipeline.FULL else 40_000)
        graph = self.graph()
        self.fill_log(graph, count)
        buffer = self.buffer(graph)
        for kill in range(3):
            self.wait_for_table_rows((kill + 1) * count // 5, buffer)
            self.database_of_class.kill()
            self.wait_until_not_ready("buffer", buffer, nodes=TABLES)
            self.database_of_class.restart()
            self.wait_until_ready_again("buffer", buffer)
        self.finish(buffer)

    def wait_until_ready_again(self, which, process):
        """Ready, or only behind: a backlog may still be long."""
        self.wait_for(lambda: not any(reason["code"] in ("not_connected", "blocked") and reason["node"] in TABLES
                                      for reason in self.ready(which).reasons) and self.ready(which).status != 0,
                      f"{which} is connected again", (process,), account=lambda: self.ready(which))

    def test_stopped_in_order_and_back(self):
        """An administrator's shutdown says so to its clients; it is no other case."""
        count = support.frames(20_000)
        graph = self.graph()
        self.fill_log(graph, count)
        buffer = self.buffer(graph)
        self.wait_for_table_rows(count // 4, buffer)
        self.database_of_class.shut_down()
        self.wait_until_not_ready("buffer", buffer, nodes=TABLES)
        self.database_of_class.restart()
        self.finish(buffer)

    def test_tables_locked_for_a_while(self):
        count = support.frames(20_000)
        graph = self.graph()
        self.fill_log(graph, count)
        buffer = self.buffer(graph)
        self.wait_for_table_rows(count // 4, buffer)
        lock = support.Process(self, "lock", ["psql", self.url, "-Xqc", "begin; lock table trades, book_ticker;"
                                              " select pg_sleep(3); rollback"])
        self.assertEqual(lock.wait(), 0)
        self.finish(buffer)

    def test_sessions_terminated_by_an_administrator(self):
        count = support.frames(30_000)
        graph = self.graph()
        self.fill_log(graph, count)
        buffer = self.buffer(graph)
        for part in (1, 2, 3):
            self.wait_for_table_rows(part * count // 5, buffer)
            self.query("select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database()"
                       " and pid <> pg_backend_pid()")
        self.finish(buffer)

    def test_a_killed_buffer_is_continued_by_the_next(self):
        kills, count = (20, 300_000) if pipeline.FULL else (5, 60_000)
        count = support.frames(count)
        graph = self.graph()
        self.fill_log(graph, count)
        for kill in range(kills):
            buffer = self.buffer(graph, name=f"buffer{kill}")
            self.wait_for_table_rows((kill + 1) * count // (kills + 2), buffer, seconds=120)
            buffer.send(signal.SIGKILL)
            buffer.wait()
        result = self.finish(self.buffer(graph, name="last"))
        again = sum(result.metric(table, "rows_already_there_total") for table in TABLES)
        support.figure(f"kill -9 of the buffer x{kills} while {count} drain: the last one met {again} rows already there")

    def test_after_one_kill_rows_move_again(self):
        """The dead process's membership is still in the group; the next must not wait for it for long."""
        exchange = self.exchange("--rate", "1000")
        graph = self.graph()
        ingest = self.ingest(graph, exchange)
        buffer = self.buffer(graph, name="first")
        self.wait_for_table_rows(3000, ingest, buffer)
        buffer.send(signal.SIGKILL)
        buffer.wait()
        began = time.monotonic()
        buffer = self.buffer(graph, name="second")
        rows = self.table_rows()
        self.wait_for_table_rows(rows + 1, ingest, buffer)
        support.figure(f"one kill, default timeouts: rows moved again after {time.monotonic() - began:.1f} s")
        self.assert_ended(ingest.stop())
        exchange.stop()
        self.finish(buffer)

    @pipeline.only_full
    def test_what_redelivery_costs_without_a_unique_index(self):
        doubled, kills, count = self.doubled_by_kills("")
        support.figure(f"without a unique index: doubled {doubled} in {kills} kills of {count}")

    @pipeline.only_full
    def test_in_flight_bounds_what_redelivery_costs(self):
        doubled, kills, count = self.doubled_by_kills("in_flight: { records: 500 }")
        support.figure(f"the same with in_flight: 500: doubled {doubled} in {kills} kills of {count}")
        self.assertLessEqual(doubled, kills * 2 * 500)

    def doubled_by_kills(self, option):
        """Without a unique index, where the option stands at both outputs of the log."""
        count, kills = support.frames(300_000), 12
        graph = self.graph()
        self.fill_log(graph, count)
        text = "".join(line for line in graph.read_text().splitlines(True)
                       if "conflict:" not in line and not line.startswith("require:"))
        if option:
            text = re.sub(r"^( +)group: .*\n", lambda found: f"{found[0]}{found[1]}{option}\n", text, flags=re.M)
            self.assertEqual(text.count(option), 2)
        graph.write_text(text)
        for kill in range(kills):
            buffer = self.buffer(graph, name=f"buffer{kill}")
            self.wait_for_table_rows((kill + 1) * count // (kills + 2), buffer, seconds=120)
            buffer.send(signal.SIGKILL)
            buffer.wait()
        buffer = self.buffer(graph, name="last")
        self.wait_until_drained(buffer, seconds=180)
        self.assert_ended(buffer.stop())
        distinct = int(self.query("select (select count(*) from (select distinct symbol, event_type, trade_id, event_time"
                                  " from trades) a) + (select count(*) from (select distinct symbol, update_id,"
                                  " ingestion_ts from book_ticker) b)")[0][0])
        self.assertEqual(distinct, count)
        return self.table_rows() - distinct, kills, count

    def test_sigterm_under_load_is_continued_by_the_next(self):
        stops, count = 4, support.frames(60_000)
        graph = self.graph()
        self.fill_log(graph, count)
        for stop in range(stops):
            buffer = self.buffer(graph, name=f"buffer{stop}")
            self.wait_for_table_rows((stop + 1) * count // (stops + 2), buffer, seconds=120)
            began = time.monotonic()
            result = buffer.stop()
            support.figure(f"SIGTERM of the buffer under load: {time.monotonic() - began:.2f} s, exit {result.code}")
            self.assert_ended(result)
            self.assertEqual(result.receipt["may_be_lost"], 0)
            delivered = sum(result.node(table)["delivered"] for table in TABLES)
            self.assertEqual(result.receipt["will_be_replayed"] +
                             delivered, sum(result.node(log)["account"]["received"] for log in ("trade_log", "quote_log")))
        result = self.finish(self.buffer(graph, name="last"))
        self.assertEqual(sum(result.metric(table, "rows_already_there_total") for table in TABLES), 0,
                         "what a stopped process delivered, it committed")

    def test_stopped_while_the_database_is_down(self):
        """Nothing is lost, since Kafka keeps it; the next process continues."""
        count = support.frames(20_000)
        graph = self.graph()
        self.fill_log(graph, count)
        buffer = self.buffer(graph, "--drain-seconds", "2")
        self.wait_for_table_rows(count // 4, buffer)
        self.database_of_class.kill()
        self.wait_until_not_ready("buffer", buffer, nodes=TABLES)
        result = buffer.stop()
        self.assert_ended(result)
        self.assertEqual(result.receipt["may_be_lost"], 0)
        self.assertGreater(result.receipt["will_be_replayed"], 0)
        self.database_of_class.restart()
        self.finish(self.buffer(graph, name="next"))

    def test_rows_that_a_trigger_swallows_are_rejected_and_not_lost(self):
        graph = self.graph()
        self.fill_log(graph, 2000)
        self.assert_ended(self.drained_buffer(graph, "first").stop())
        self.query("delete from trades where symbol = 'ETHUSDT'")
        self.query("create function swallow() returns trigger language plpgsql as $$ begin if new.trade_id % 3 = 0 then"
                   " return null; end if; return new; end $$")
        self.query("create trigger swallow before insert on trades for each row execute function swallow()")
        other = self.directory / "other_group.yaml"
        other.write_text(graph.read_text().replace(self.group, f"{self.group}-again"))
        buffer = self.buffer(other, name="again")
        self.wait_until_drained(buffer, group=f"{self.group}-again")
        self.assert_ended(buffer.stop())
        swallowed = [record for record in self.records(self.trades_topic)
                     if record.key == "ETHUSDT" and pipeline.event(record.json)[1] % 3 == 0]
        self.assertEqual(sum(self.ends(self.rejects_topic).values()), len(swallowed))
        self.assertGreater(len(swallowed), 0)

    def drained_buffer(self, graph, name):
        buffer = self.buffer(graph, name=name)
        self.wait_until_drained(buffer)
        return buffer


if __name__ == "__main__":
    pipeline.main()
