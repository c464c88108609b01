# SPDX-License-Identifier: Apache-2.0
"""What a user does to the quick start first: take a symbol out, change a batch, mistype a key. Each edit does what it
says, and what is wrong is named with its place."""

import os

import support


class EditingTest(support.Case):
    def test_a_symbol_taken_out_is_in_no_table(self):
        count = 3_000
        exchange = support.Simulator(self, "--rate", "0", "--frames", count)
        sluice = self.start(exchange, ("symbols: [BTCUSDT, ETHUSDT, BNBUSDT]", "symbols: [BTCUSDT, ETHUSDT]"))
        self.wait_for_rows(sluice, count)
        result = sluice.stop()
        truth = exchange.stop()
        self.assert_all_delivered(result, count)
        self.assert_stored_as_sent(truth)
        for table in ("trades", "book_ticker"):
            self.assertEqual(self.query(f"SELECT DISTINCT symbol FROM {table} ORDER BY symbol"),
                             [("BTCUSDT",), ("ETHUSDT",)])
        self.assertNotIn("bnbusdt", truth["connections"][0]["target"])

    def test_a_batch_waits_for_as_many_records_as_it_says(self):
        """700 instead of 500, and no time limit: only whole batches are stored, until the stop flushes the rest."""
        count, size = 5_000, 700
        exchange = support.Simulator(self, "--rate", "0", "--frames", count)
        sluice = self.start(exchange, ("records: 500, within: 250ms", f"records: {size}, within: 1h"))
        truth = exchange.wait_for_end_of_data()
        sent = {"trades": 0, "book_ticker": 0}
        for (_, kind), ids in support.truth_ids(truth).items():
            sent["book_ticker" if kind == "bookTicker" else "trades"] += len(ids)
        whole = {table: rows // size * size for table, rows in sent.items()}
        self.wait_for_rows(sluice, sum(whole.values()))
        support.wait_until_all_is_read(sluice, exchange.port())
        self.assertEqual({table: self.rows(table) for table in sent}, whole)
        self.assertLess(sum(whole.values()), count)
        result = sluice.stop()
        exchange.stop()
        self.assert_all_delivered(result, count)
        self.assertEqual({table: self.rows(table) for table in sent}, sent)

    def test_batches_of_one_are_stored_one_by_one(self):
        count = 300
        exchange = support.Simulator(self, "--rate", "0", "--frames", count)
        sluice = self.start(exchange, ("records: 500, within", "records: 1, within"),
                            ("    conflict:", "    max_in_flight: 1\n    conflict:"))
        self.wait_for_rows(sluice, count)
        result = sluice.stop()
        exchange.stop()
        self.assert_all_delivered(result, count)
        for table in ("trades", "book_ticker"):
            self.assertEqual(result.metric(table, "transactions_total"), self.rows(table))

    def assert_refused(self, edit, line_with, column_of, *sentences):
        """Neither `validate` nor `run` take the file, and both say where and why; nothing was run."""
        graph = self.quickstart(edit)
        lines = graph.read_text().splitlines()
        line = next(number for number, text in enumerate(lines, 1) if line_with in text)
        place = f"{graph}:{line}:{lines[line - 1].index(column_of) + 1}: error["
        for command in ("validate", "run"):
            code, out, err = self.run_command(command, graph, environment={"SQLITE_PATH": str(self.store)})
            said = out + err
            self.assertEqual(code, 1, said)
            for sentence in (place, *sentences):
                self.assertIn(sentence, said)
        self.assertFalse(self.store.exists())

    def test_a_mistyped_option_is_named_with_its_place(self):
        self.assert_refused(("trade_batch: { type: batch, records: 500, within: 250ms }",
                             "trade_batch: { type: batch, records: 500, whithin: 250ms }"),
                            "whithin", "whithin", "whithin", "did you mean \"within\"?")

    def test_a_mistyped_node_type_is_named_with_its_place(self):
        self.assert_refused(("type: binance_ws", "type: binance_wss"), "binance_wss", "binance_wss",
                            "did you mean \"binance_ws\"?")

    def test_a_mistyped_node_in_an_edge_is_named_with_its_place(self):
        self.assert_refused(("to: quote_batch", "to: qoute_batch"), "qoute_batch", "qoute_batch",
                            "did you mean \"quote_batch\"?")

    def test_a_number_without_its_unit_is_named_with_its_place(self):
        self.assert_refused(("quote_batch: { type: batch, records: 500, within: 250ms }",
                             "quote_batch: { type: batch, records: 500, within: 250 }"),
                            "within: 250 }", "250 }", "within")

    def test_a_guarantee_that_cannot_be_proved_is_refused(self):
        self.assert_refused(("require: { trades: at_most_once", "require: { trades: effectively_once"),
                            "require:", "effectively_once", "a websocket cannot replay")

    def test_two_mistakes_are_both_told(self):
        graph = self.quickstart(("records: 500, within", "recodrs: 500, within"), ("  rejects: {", "  rejetcs: {"))
        code, out, err = self.run_command("validate", graph)
        self.assertEqual(code, 1)
        self.assertIn("recodrs", out + err)
        self.assertIn("rejetcs", out + err)

    def test_an_unset_variable_is_named(self):
        graph = self.quickstart(("${SQLITE_PATH:-sluice.db}", "${SLUICE_TEST_UNSET}"))
        self.assertNotIn("SLUICE_TEST_UNSET", os.environ)
        code, out, err = self.run_command("validate", graph)
        self.assertEqual(code, 1)
        self.assertIn("SLUICE_TEST_UNSET", out + err)

    def test_every_graph_that_is_shipped_validates(self):
        for name in ("quickstart", "direct", "quickstart_file"):
            code, out, err = self.run_command("validate", support.SOURCE / "graphs" / f"{name}.yaml",
                                              environment={"CAPTURE": "capture.gz"})
            self.assertEqual(code, 0, out + err)


if __name__ == "__main__":
    support.main()
