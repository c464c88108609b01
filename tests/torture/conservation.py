# SPDX-License-Identifier: Apache-2.0
"""What the exchange sent, what the topics have and what the tables have, counted against each other.

`problems` are sentences; `counts` are the columns of the table of results.
"""

import collections

import support


class Conservation:
    def __init__(self, case, exchange, loses_frames):
        self.problems, self.counts = [], {}
        self.count_log(case, exchange, loses_frames)
        self.count_tables(case)
        rejects = sum(case.ends(case.rejects_topic).values())
        self.expect("records in the dead letter", rejects, 0)

    def expect(self, what, found, wanted):
        if found != wanted:
            self.problems.append(f"{what}: {found} instead of {wanted}")

    def count_log(self, case, exchange, loses_frames):
        """Exchange to Kafka. Trades and aggregates are repaired by id. Quotes that a dead process or a cut socket held
        cannot be fetched again, so they may be missing after such a fault and at no other time."""
        sent, logged = case.sent(exchange), case.logged()
        missing, doubled, disordered, unknown = collections.Counter(), 0, 0, 0
        for table, symbols in sent.items():
            for symbol, events in symbols.items():
                place = {event: at for at, event in enumerate(events)}
                there = logged[table].get(symbol, [])
                unknown += sum(event not in place for event in there)
                doubled += len(there) - len(set(there))
                for kind in support.STREAM_TYPES:
                    places = [place[event] for event in there if event[0] == kind and event in place]
                    disordered += sum(a > b for a, b in zip(places, places[1:]))
                for event in set(events) - set(there):
                    missing[event[0]] += 1
        self.counts["sent"] = sum(len(events) for table in sent.values() for events in table.values())
        self.counts["topics"] = sum(len(events) for table in logged.values() for events in table.values())
        self.counts["quotes_missing"] = missing["bookTicker"]
        self.counts["lost"] = missing["trade"] + missing["aggTrade"] + (0 if loses_frames else missing["bookTicker"])
        self.counts["doubled"] = doubled
        self.expect("trades and aggregates that are not in the topics", missing["trade"] + missing["aggTrade"], 0)
        if not loses_frames:
            self.expect("quotes that are not in the topics", missing["bookTicker"], 0)
        self.expect("records that are in the topics twice", doubled, 0)
        self.expect("records of a stream that are out of order in their topic", disordered, 0)
        self.expect("records in the topics that were never sent", unknown, 0)

    def count_tables(self, case):
        """Kafka to the database: each record of the topics is one row, digit for digit."""
        rows = 0
        for name, stored, expected in zip(("trades", "book_ticker"), case.table_contents(), case.expected_rows()):
            rows += len(stored)
            lost = len(set(expected) - set(stored))
            doubled = len(stored) - len(set(stored))
            self.counts["lost"] += lost
            self.counts["doubled"] += doubled
            self.expect(f"records of the topics that are not in table {name}", lost, 0)
            self.expect(f"rows that are twice in table {name}", doubled, 0)
            self.expect(f"rows of table {name} that are in no topic", len(set(stored) - set(expected)), 0)
        self.counts["rows"] = rows
