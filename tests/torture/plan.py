# SPDX-License-Identifier: Apache-2.0
"""What a seed comes to: the settings of the graph, and which faults strike when.

A plan depends on the seed, on --short and on --brokers, and on nothing else, so a seed replays. Two faults of one target
never overlap.
"""

import dataclasses
import random

LONG_S, SHORT_S = (20, 35), (10, 12)
# A fault begins when rows have flowed for a while, and the exchange goes on when the last one is over.
FIRST_S, LAST_S = 1.5, 3.0

# kind: (weight, target, shortest and longest time in seconds)
KINDS = {
    "ingest_kill": (3, "ingest", 0, 4),
    "ingest_term": (2, "ingest", 0, 4),
    "ingest_freeze": (2, "ingest", 2, 12),
    "buffer_kill": (4, "buffer", 0, 4),
    "buffer_term": (3, "buffer", 0, 4),
    "buffer_freeze": (3, "buffer", 2, 14),
    "second_term": (2, "second", 4, 12),
    "second_kill": (2, "second", 4, 12),
    "broker_kill": (3, "kafka", 0, 8),
    "broker_freeze": (2, "kafka", 3, 12),
    "kafka_stall": (2, "kafka", 3, 10),
    "kafka_reset": (2, "kafka", 0, 0),
    "kafka_refuse": (1, "kafka", 2, 8),
    "kafka_half_open": (1, "kafka", 0, 0),
    "database_kill": (3, "database", 0, 6),
    "database_freeze": (2, "database", 3, 12),
    "database_stall": (2, "database", 3, 10),
    "database_reset": (2, "database", 0, 0),
    "database_refuse": (1, "database", 2, 8),
    "database_half_open": (1, "database", 0, 0),
    "database_end_sessions": (2, "database", 0, 0),
    "database_lock": (2, "database", 2, 8),
    "database_error": (2, "database", 2, 8),
    "database_read_only": (1, "database", 2, 6),
    "database_disk_full": (2, "database", 2, 6),
    "exchange_reset": (2, "exchange", 0, 0),
    "exchange_stall": (1, "exchange", 2, 8),
    "exchange_refuse": (1, "exchange", 2, 6),
    "ingest_descriptors": (1, "ingest", 2, 8),
    "buffer_descriptors": (1, "buffer", 2, 8),
}
ERRORS = ("40001", "40P01", "57014", "53200", "55P03", "XX000")  # SQLSTATEs that pass


@dataclasses.dataclass
class Fault:
    kind: str
    at: float
    seconds: float
    broker: int = 1
    table: str = "trades"
    error: str = ERRORS[0]

    @property
    def target(self):
        return KINDS[self.kind][1]

    def __str__(self):
        detail = {"broker_kill": self.broker, "broker_freeze": self.broker, "database_lock": self.table,
                  "database_error": self.error}.get(self.kind)
        words = self.kind + (f"({detail})" if detail else "")
        return f"{words} at {self.at:.1f}" + (f" for {self.seconds:.1f}" if self.seconds else "")


@dataclasses.dataclass
class Plan:
    seed: int
    is_short: bool
    brokers: int
    method: str
    has_member: bool
    statement_timeout: str
    batch: int
    rate: int
    seconds: int
    faults: list

    def settings(self):
        return (f"{self.method}, {'with' if self.has_member else 'without'} member, statement_timeout"
                f" {self.statement_timeout}, batch {self.batch}, {self.rate}/s for {self.seconds} s, {self.brokers} broker"
                f"{'s' if self.brokers > 1 else ''}")

    def interruptions(self):
        """How many times frames may be lost between the exchange and Kafka: in the memory of a process, or in a socket."""
        return sum(fault.target == "exchange" or fault.kind in ("ingest_kill", "ingest_term") for fault in self.faults)


def make(seed, is_short=False, brokers=1):
    dice = random.Random(f"torture {seed} {is_short} {brokers}")
    plan = Plan(seed, is_short, brokers, method=("insert", "copy")[seed // 2 % 2], has_member=seed % 2 == 1,
                statement_timeout=dice.choice(("30s", "30s", "3s")), batch=dice.choice((50, 500, 500, 2000)),
                rate=dice.choice((800, 1200)) if is_short else dice.choice((1000, 1500, 2000)),
                seconds=dice.randint(*(SHORT_S if is_short else LONG_S)), faults=[])
    busy = {}
    for _ in range(dice.randint(2, 3) if is_short else dice.randint(3, 6)):
        fault = make_fault(dice, plan)
        if all(fault.at > end or fault.at + fault.seconds < begin for begin, end in busy.get(fault.target, ())):
            busy.setdefault(fault.target, []).append((fault.at - 1, fault.at + fault.seconds + 1))
            plan.faults.append(fault)
    plan.faults.sort(key=lambda fault: fault.at)
    return plan


def make_fault(dice, plan):
    kind = dice.choices(list(KINDS), [kind[0] for kind in KINDS.values()])[0]
    _, _, shortest, longest = KINDS[kind]
    seconds = round(dice.uniform(shortest, min(longest, max(shortest, plan.seconds / 3))), 1)
    return Fault(kind, round(dice.uniform(FIRST_S, plan.seconds - LAST_S), 1), seconds,
                 broker=dice.randint(1, plan.brokers), table=dice.choice(("trades", "book_ticker")),
                 error=dice.choice(ERRORS))
