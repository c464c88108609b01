# SPDX-License-Identifier: Apache-2.0
"""What the exchange sent, what the topics have and what the tables have, counted against each other.

`problems` are sentences; `counts` are the columns of the table of results.
"""

import collections

import support


class Conservation:
    def __init__(self, case, exchange, interruptions):
        self.problems, self.counts = [], {}
        self.count_log(case, exchange, interruptions)
        self.count_tables(case)
        rejects = sum(case.ends(case.rejects_topic).values())
        self.expect("records in the dead letter", rejects, 0)

    def expect(self, what, found, wanted):
        if found != wanted:
            self.problems.append(f"{what}: {found} instead of {wanted}")

    def count_log(self, case, exchange, interruptions):
        """Exchange to Kafka. Trades and aggregates are repaired by id. Quotes that a dead process or a cut socket held
        cannot be fetched again: each interruption may take one run of them, of each symbol."""
        sent, logged = case.sent(exchange), case.logged()
        missing, doubled, disordered, unknown = collections.Counter(), 0, 0, 0
        most_runs = 0
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
                if table == "quotes":
                    most_runs = max(most_runs, runs_of_missing(events, set(there)))
        self.counts["sent"] = sum(len(events) for table in sent.values() for events in table.values())
        self.counts["topics"] = sum(len(events) for table in logged.values() for events in table.values())
        self.counts["quotes_missing"] = missing["bookTicker"]
        self.counts["lost"] = missing["trade"] + missing["aggTrade"] + (0 if interruptions else missing["bookTicker"])
        self.counts["doubled"] = doubled
        self.expect("trades and aggregates that are not in the topics", missing["trade"] + missing["aggTrade"], 0)
        if not interruptions:
            self.expect("quotes that are not in the topics", missing["bookTicker"], 0)
        elif most_runs > interruptions:
            self.problems.append(f"the quotes of one symbol are missing in {most_runs} places, after {interruptions} interruptions")
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


def runs_of_missing(events, there):
    """In how many places events are missing next to each other."""
    flags = [event in there for event in events]
    return sum(not now and before for before, now in zip([True, *flags], flags))
