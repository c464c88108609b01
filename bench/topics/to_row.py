# SPDX-License-Identifier: Apache-2.0
"""From the frame to the row: both processes, and the database itself says when each row was committed. What can be
expected at most is the 2 s of the batch."""
import time

from harness.contenders import SLUICE, Sluice
from harness.program import PATIENCE_S, RunFailed
from harness.servers import Place

from .latency import PACER_WARM_UP_S

TITLE = "from the frame to the row"
PARTS = ()
RATES = (5_000, 50)
JOINED_S = 5  # joining the group takes its time
QUERY = """
    with row as (select trade_id as sent_ns, xmin from trades union all select update_id, xmin from book_ticker),
         took as (select extract(epoch from pg_xact_commit_timestamp(xmin)) * 1000 - sent_ns / 1000000.0 as ms
                    from row where sent_ns > (select min(sent_ns) from row) + {}::bigint * 1000000000)
    select percentile_disc(array[0.5, 0.99, 1]) within group (order by ms) from took"""


def estimate_s(bench):
    return len(RATES) * (bench.scaled(20, 6) + PACER_WARM_UP_S + 6)


def once(bench, rate):
    place = Place(bench)
    bench.servers.empty_tables()
    seconds = bench.scaled(20, 6)
    frames = rate * seconds + rate * PACER_WARM_UP_S // 50
    pacer, port = bench.load("bench_pacer", rate, seconds, takes_input=True)
    group = place.new_group()
    programs = [Sluice(bench, process).start(place, group, port, frames, True) for process in ("buffer", "ingest")]
    pacer.line()
    until = time.monotonic() + PATIENCE_S
    while (rows := bench.servers.rows()) < frames:
        if time.monotonic() > until:
            raise RunFailed(f"{rows:,} rows stand for {frames:,} frames: {' '.join(each.words() for each in programs)}")
        time.sleep(0.2)
    pacer.close_input()
    for program in programs:
        program.stop()
    p50, p99, most = bench.servers.sql("-c", QUERY.format(JOINED_S))[0].strip("{}").split(",")
    bench.report.keep(f"to_row at {rate}/s", SLUICE, p50_ms=float(p50), p99_ms=float(p99), most_ms=float(most))
    place.remove()


def run(bench):
    for rate in RATES:
        once(bench, rate)
        for key, part, goal in (("p50_ms", "p50", None), ("p99_ms", "p99", None), ("most_ms", "most", 2_100)):
            bench.report.figure(f"frame to row at {rate:,}/s, {part}", f"to_row at {rate}/s", SLUICE, key, "ms", goal)
