# SPDX-License-Identifier: Apache-2.0
"""Kafka -> batch -> TimescaleDB -> commit. The rate is taken from a tenth of the records on, by the group's committed
positions: starting and joining the group are no work on records; processor time has them in it. The tables are emptied
before each run and must hold as many rows after it."""
import time

from harness import graph_text
from harness.contenders import FLOOR, SLUICE, Sluice, contenders
from harness.program import PATIENCE_S, RunFailed
from harness.servers import POLL_S, Place

TITLE = "Kafka -> 500 records or 2 s -> TimescaleDB -> commit"
PARTS = ()
RECORDS = 1_000_000


def estimate_s(bench):
    who = 2 + len(bench.buffer_variants)
    return 20 + bench.pairs * (RECORDS * bench.scale * (who / 90_000 + 0.2 / 18_000) + 3 * (who + 1))


def rate_of(bench, place, group, program, records):
    first = None
    until = time.monotonic() + PATIENCE_S
    with bench.servers.broker() as broker:
        while True:
            program.note_peak()
            is_over = program.is_over()  # asked before: one that ends by itself has committed all by then
            done, now = place.committed(broker, group), time.monotonic()
            if first is None and done >= records / 10:
                first = (done, now)
            if done >= records:
                return (records - first[0]) / max(now - first[1], POLL_S)
            if is_over or now > until:
                raise RunFailed(f"{done:,} of {records:,} records were committed: {program.words()}")
            time.sleep(POLL_S)


def once(bench, contender, places):
    records = bench.scaled(RECORDS * contender.part)
    if records not in places:
        places[records] = Place(bench, records)
    place = places[records]
    bench.servers.empty_tables()
    group = place.new_group()
    program = contender.start(place, group=group, records=records, needs_database=True)
    rate = rate_of(bench, place, group, program, records)
    contender.finish(program)
    if (rows := bench.servers.rows()) != records:
        raise RunFailed(f"{rows:,} rows stand for {records:,} records: {program.words()}")
    bench.report.keep("buffer", contender.name, rows_a_second=rate, cpu_s_a_million=program.cpu_s / records * 1e6,
                      peak_mib=program.peak_mib)


def run(bench):
    who = contenders(bench, "buffer")
    variants = [Sluice(bench, "buffer", graph_text.parse_variant(words), f"sluice, {words}")
                for words in bench.buffer_variants]
    places = {}
    bench.turns([who[0], who[1], *variants, *who[2:]], lambda contender: once(bench, contender, places))
    figure, ratio = bench.report.figure, bench.report.ratio
    figure("buffer: rows a second, 500 a batch, one writer a table", "buffer", SLUICE, "rows_a_second", "rows/s")
    for rival in who[1:]:
        figure(f"  {rival.title}", "buffer", rival.name, "rows_a_second", "rows/s")
        ratio("    Sluice as a multiple of it", "buffer", "rows_a_second", SLUICE, rival.name,
              0.95 if rival.name == FLOOR else None, at_least=True)
    for variant in variants:
        words = variant.name.partition(", ")[2]
        figure(f"buffer: rows a second with {words}", "buffer", variant.name, "rows_a_second", "rows/s")
        ratio("    as a multiple of the floor of 500 (a stretch goal)", "buffer", "rows_a_second", variant.name, FLOOR, 1.5,
              at_least=True)
    figure("buffer: processor time a million rows", "buffer", SLUICE, "cpu_s_a_million", "s")
    for rival in who[1:]:
        figure(f"  {rival.title}", "buffer", rival.name, "cpu_s_a_million", "s")
        ratio("    Sluice as a multiple of it", "buffer", "cpu_s_a_million", SLUICE, rival.name,
              1.15 if rival.name == FLOOR else None)
    for variant in variants:
        figure(f"  with {variant.name.partition(', ')[2]}", "buffer", variant.name, "cpu_s_a_million", "s")
    figure("buffer: resident, peak", "buffer", SLUICE, "peak_mib", "MiB")
    for rival in who[1:]:
        figure(f"  {rival.title}", "buffer", rival.name, "peak_mib", "MiB")
