# SPDX-License-Identifier: Apache-2.0
"""What is wrong before the first record: passwords, rights, tables, topics, ports. A sentence and an exit code, at once,
where a person is needed; patience where a server is only away (faults_broker_test.py, faults_database_test.py)."""

import http.server
import subprocess
import threading

import pipeline_support as pipeline
import support

OPERATOR = 3  # the exit code of a node that cannot be opened


class StartTest(pipeline.PipelineCase):
    def refused(self, graph, *words, process="buffer", environment=None):
        """The process ends at once, with the exit code for it and a sentence that has all the words."""
        start = self.buffer if process == "buffer" else (lambda *a, **k: self.ingest(a[0], None, *a[1:], **k))
        result = start(graph, environment=environment).result()
        said = result.stderr
        self.assertEqual(result.code, OPERATOR, said[-3000:])
        for word in words:
            self.assertIn(word, said)
        return said

    def role(self, rights=""):
        name = f"role_{self.tag}"
        self.query(f"create role {name} login password 'right one'")
        self.addCleanup(self.drop_role, name)
        if rights:
            self.query(rights.replace("ROLE", name))
        return name

    def drop_role(self, name):
        pipeline.sql(self.url, f"drop owned by {name}; drop role {name}")

    def url_of(self, role, password):
        return self.url.replace("//postgres@", f"//{role}:{password}@")

    def make_tables(self, change=None):
        """The tables as deploy/sql makes them, and a change."""
        subprocess.run(["psql", self.url, "-Xq", "-f", support.SOURCE / "deploy" / "sql" / "schema.sql"], check=True,
                       capture_output=True, timeout=60)
        if change:
            self.query(change)

    def graph_without_create(self):
        return self.graph(("create: true", "create: false"), hypertable=False)

    def test_wrong_password(self):
        role = self.role()
        said = self.refused(self.graph(), role, environment={"TIMESCALE_URL": self.url_of(role, "wrong")})
        self.assertNotIn(":wrong@", said)

    def test_database_that_does_not_exist(self):
        self.refused(self.graph(), "nosuchdatabase",
                     environment={"TIMESCALE_URL": self.url.replace(f"test_{self.tag}", "nosuchdatabase")})

    def test_missing_table(self):
        self.refused(self.graph_without_create(), "trades")

    def test_missing_right(self):
        self.make_tables()
        role = self.role("grant select on trades, book_ticker, gaps to ROLE")
        self.refused(self.graph_without_create(), "trades", environment={"TIMESCALE_URL": self.url_of(role, "right%20one")})

    def test_rights_that_suffice(self):
        self.make_tables()
        role = self.role("grant select, insert on trades, book_ticker, gaps to ROLE")
        exchange = self.exchange("--rate", "0", "--frames", 2000)
        graph = self.graph_without_create()
        ingest = self.ingest(graph, exchange)
        buffer = self.buffer(graph, environment={"TIMESCALE_URL": self.url_of(role, "right%20one")})
        self.wait_for_table_rows(2000, ingest, buffer)
        self.assert_ended(ingest.stop())
        self.assert_ended(buffer.stop())
        self.assert_tables_are_log()

    def test_missing_column(self):
        self.make_tables("alter table trades drop column quantity")
        self.refused(self.graph_without_create(), "trades", "quantity")

    def test_missing_unique_index(self):
        self.make_tables("drop index trades_symbol_event_type_trade_id_event_time_idx")
        self.refused(self.graph_without_create(), "trades")

    def test_column_of_another_type(self):
        self.make_tables("alter table trades alter column price type double precision")
        self.refused(self.graph_without_create(), "trades", "price")

    def test_topic_with_fewer_partitions_than_the_map_needs(self):
        with self.broker() as broker:
            broker.create_topic(self.trades_topic, 1)
        self.refused(self.graph(), self.trades_topic, process="ingest")

    def test_http_port_in_use(self):
        taken = http.server.HTTPServer(("127.0.0.1", self.http["buffer"]), http.server.BaseHTTPRequestHandler)
        self.addCleanup(taken.server_close)
        thread = threading.Thread(target=taken.serve_forever, daemon=True)
        thread.start()
        self.addCleanup(taken.shutdown)
        result = self.buffer(self.graph()).result()
        self.assertNotEqual(result.code, 0)
        self.assertIn(str(self.http["buffer"]), result.stderr)


if __name__ == "__main__":
    pipeline.main()
