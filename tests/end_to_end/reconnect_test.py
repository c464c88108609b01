# SPDX-License-Identifier: Apache-2.0
"""Whatever ends a connection leads to the next one, and what was sent before the end is not lost. The simulator's
market waits while nobody is connected, so each event is sent once, and all of them must be in the tables."""

import support

QUICK = ("reconnect: { first: 1s, max: 60s }", "reconnect: { first: 20ms, max: 100ms }")


def quick(more):
    return (QUICK[0], QUICK[1] + "\n    " + more)


class ReconnectTest(support.Case):
    def run_through(self, count, *options, edits=(QUICK,)):
        """All frames arrive although the connection ends again and again; returns the receipt and the truth."""
        rate = [] if "--rate" in options else ["--rate", "0"]
        exchange = support.Simulator(self, "--frames", count, *rate, *options)
        sluice = self.start(exchange, *edits)
        exchange.wait_for_end_of_data()
        self.wait_for_rows(sluice, count)
        result = sluice.stop()
        truth = exchange.stop()
        for stream in truth["streams"]:
            self.assertEqual(stream["issued"], stream["sent"], "the market waits for its clients")
        self.assert_all_delivered(result, count)
        self.assert_stored_as_sent(truth)
        self.assertEqual(self.rejected(), [])
        self.assertEqual(sum(connection["frames"] for connection in truth["connections"]), count)
        return result, truth

    def carried(self, truth):
        return [connection for connection in truth["connections"] if connection["frames"] > 0]

    def assert_ends(self, result, truth, cause, at_least):
        self.assertGreaterEqual(result.metric("exchange", f"reconnects_{cause}_total"), at_least)
        self.assertGreaterEqual(len(self.carried(truth)), at_least + 1)
        # On a busy machine either side may give up a connection before it carries anything.
        self.assertGreaterEqual(result.metric("exchange", "connections_total"), len(self.carried(truth)))
        self.assertLessEqual(result.metric("exchange", "connections_total"), len(truth["connections"]))

    def test_close_frames(self):
        result, truth = self.run_through(10_500, "--close-at", "every:1000")
        self.assert_ends(result, truth, "closed", 10)
        self.assertGreaterEqual(result.metric("exchange", "gaps_total"), 10)

    def test_closed_for_policy(self):
        result, truth = self.run_through(5_500, "--close-at", "every:1000:1008")
        self.assert_ends(result, truth, "closed", 5)

    def test_tcp_resets(self):
        result, truth = self.run_through(10_500, "--cut-at", "every:1000")
        self.assert_ends(result, truth, "cut", 10)

    def test_end_of_tcp_without_a_close_frame(self):
        result, truth = self.run_through(5_500, "--truncate-tls-at", "every:1000")
        self.assert_ends(result, truth, "cut", 5)

    def test_truncated_tls(self):
        certificate = quick("ca_file: exchange.pem")
        result, truth = self.run_through(10_500, "--tls", "--truncate-tls-at", "every:1000", edits=(certificate,))
        self.assert_ends(result, truth, "cut", 10)

    def test_closed_and_cut_tls(self):
        certificate = quick("ca_file: exchange.pem")
        result, truth = self.run_through(4_500, "--tls", "--close-at", "every:1000", "--cut-at", "every:1500",
                                         edits=(certificate,))
        self.assert_ends(result, truth, "closed", 2)
        self.assert_ends(result, truth, "cut", 2)

    def test_a_silent_socket_is_given_up(self):
        result, truth = self.run_through(3_000, "--stall-at", "1000", "--stall-at", "2000", "--ping-interval", "0",
                                         edits=(quick("read_deadline: 400ms"),))
        self.assert_ends(result, truth, "silent", 2)

    def test_a_socket_with_pings_and_no_data_is_given_up(self):
        result, truth = self.run_through(3_000, "--stall-at", "1000", "--stall-at", "2000", "--ping-interval", "100ms",
                                         edits=(quick("read_deadline: 30s\n    data_deadline: 500ms"),))
        self.assert_ends(result, truth, "no_data", 2)
        self.assertGreater(result.metric("exchange", "pings_total"), 0)

    def test_a_shutdown_that_the_exchange_announces(self):
        """Data goes on to flow until the close comes."""
        result, truth = self.run_through(3_500, "--shutdown-at", "1000:0.1", "--rate", "10000")
        self.assert_ends(result, truth, "closed", 1)
        self.assertEqual(result.metric("exchange", "server_shutdowns_total"), 1)

    def test_refused_from_a_restricted_place(self):
        result, truth = self.run_through(2_000, "--refuse", "3:451")
        self.assertEqual(result.metric("exchange", "reconnects_refused_total"), 3)
        self.assertEqual([c["closed_by"] for c in truth["connections"][:3]], ["refused with HTTP 451"] * 3)

    def test_refused_for_too_many_connections(self):
        """429 comes with Retry-After: 5, which is kept to."""
        result, truth = self.run_through(2_000, "--refuse", "1:429")
        self.assertEqual(result.metric("exchange", "reconnects_refused_total"), 1)
        refused, served = truth["connections"]
        self.assertEqual(refused["closed_by"], "refused with HTTP 429")
        self.assertGreaterEqual(served["opened_ms"] - refused["opened_ms"], 5000)

    def test_fragments_with_pings_between(self):
        result, _ = self.run_through(5_000, "--fragment-every", "3")
        self.assertEqual(result.metric("exchange", "connections_total"), 1)
        self.assertGreater(result.metric("exchange", "pings_total"), 1000)

    def test_the_exchange_goes_away_and_comes_back(self):
        first = support.Simulator(self, "--rate", "0", "--frames", 2_000, name="first")
        port = first.port()
        sluice = self.start(first, QUICK)
        self.wait_for_rows(sluice, 2_000)
        gone = first.stop()
        again = support.Simulator(self, "--port", port, "--rate", "0", "--frames", 2_000, "--start-time",
                                  1990000000000, name="again")
        self.wait_for_rows(sluice, 4_000)
        result = sluice.stop()
        come = again.stop()
        self.assert_all_delivered(result, 4_000)
        self.assertEqual(gone["sent_events"] + come["sent_events"], 4_000)
        self.assertEqual(result.metric("exchange", "connections_total"), 2)
        self.assertGreaterEqual(result.metric("exchange", "reconnects_closed_total"), 1)


if __name__ == "__main__":
    support.main()
