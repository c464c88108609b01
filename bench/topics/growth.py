# SPDX-License-Identifier: Apache-2.0
"""What a record costs does not grow: with the rate, from 1,000 a second to full speed, and with the number of
streams, from 9 to 900. Into Kafka, with the floor beside it: a record that comes alone costs every program a wake."""
import statistics
import time

from harness.contenders import FLOOR, SLUICE, Sluice, contenders
from harness.servers import Place

from . import ingest
from .latency import PACER_WARM_UP_S

TITLE = "growth: rate and streams"
PARTS = ("rates", "streams")
RATES = (1_000, 5_000, 20_000, 100_000)
SYMBOLS = (3, 300)
TURNS = 3
SECONDS = (5, 3)  # of a run, and at least
KINDS = 3  # streams a symbol
ROUNDS = 3


def turns(bench):
    return max(1, min(TURNS, bench.pairs // 3))


def estimate_s(bench):
    a_rate = bench.scaled(*SECONDS) + PACER_WARM_UP_S + 2
    of = {"rates": turns(bench) * 2 * (len(RATES) * a_rate + 4 * bench.scale + 1),
          "streams": streams_turns(bench) * len(SYMBOLS) * (4 * bench.scale + 2)}
    return sum(seconds for part, seconds in of.items() if bench.wants(part))


def streams_turns(bench):
    return max(1, bench.pairs // 2)


def at_rate(bench, contender, rate):
    """Processor time between two moments, and the records that came into Kafka between them."""
    place = Place(bench)
    seconds = bench.scaled(*SECONDS)
    frames = rate * seconds + rate * PACER_WARM_UP_S // 50
    pacer, port = bench.load("bench_pacer", rate, seconds, takes_input=True)
    program = contender.start(place, exchange_port=port, records=frames)
    place.wait_until_stored(rate * PACER_WARM_UP_S // 50 + rate // 2, program)
    with bench.servers.broker() as broker:
        before, cpu_before_ns = place.stored(broker), program.cpu_ns()
        time.sleep(seconds - 1)
        cpu_ns, records = program.cpu_ns() - cpu_before_ns, place.stored(broker) - before
    pacer.line(program)
    place.wait_until_stored(frames, program)
    pacer.close_input()
    contender.finish(program)
    place.must_hold(frames, program)
    place.remove()
    bench.report.keep(f"growth, {rate}/s", contender.name, cpu_us_a_record=cpu_ns / 1e3 / records)


def at_the_limit(bench, contender):
    frames, _, program = ingest.blast(bench, contender, bench.scaled(ROUNDS))
    bench.report.keep("growth, limit", contender.name, cpu_us_a_record=program.cpu_s * 1e6 / frames)


def symbol_names(count):
    """As bench_blaster calls them."""
    return ["BTCUSDT", "ETHUSDT", "BNBUSDT"][:count] + [f"X{at}USDT" for at in range(3, count)]


def rates(bench):
    who = contenders(bench, "ingest")[:2]
    for rate in RATES:
        bench.turns(who, lambda contender, at=rate: at_rate(bench, contender, at), turns(bench))
    bench.turns(who, lambda contender: at_the_limit(bench, contender), turns(bench))
    dearest = {SLUICE: {}, FLOOR: {}}
    for rate in (*(f"{each}/s" for each in RATES), "limit"):
        name = "at full speed" if rate == "limit" else f"at {int(rate[:-2]):,}/s"
        bench.report.figure(f"ingest: processor time a record, {name}", f"growth, {rate}", SLUICE, "cpu_us_a_record", "us")
        bench.report.figure(f"  {who[1].title}", f"growth, {rate}", FLOOR, "cpu_us_a_record", "us")
        for name, of in dearest.items():
            of[rate] = statistics.median(bench.report.values(f"growth, {rate}", name, "cpu_us_a_record"))
    for name, what in ((SLUICE, "the most expensive rate as a multiple of full speed"), (FLOOR, "the same for the floor")):
        bench.report.value(f"  {what}", max(dearest[name].values()) / dearest[name]["limit"], "times")


def streams(bench):
    def once(symbols):
        # Hashed keys for few and many alike, so that only their number differs.
        edits = [("exchange", "symbols", f"[{', '.join(symbol_names(symbols))}]"),
                 *(edit for log in ("trade_log", "quote_log", "gap_log") for edit in
                   ((log, "partitions", None), (log, "partition_count", 3), (log, "other_keys", "hash")))]
        contender = Sluice(bench, "ingest", edits)
        frames, _, program = ingest.blast(bench, contender, bench.scaled(ROUNDS), symbols)
        bench.report.keep("growth, streams", f"{symbols * KINDS} streams", cpu_us_a_record=program.cpu_s * 1e6 / frames)

    bench.turns(SYMBOLS, once, streams_turns(bench))
    few, many = (f"{symbols * KINDS} streams" for symbols in SYMBOLS)
    for name in (few, many):
        bench.report.figure(f"ingest: processor time a record of {name}", "growth, streams", name, "cpu_us_a_record", "us")
    bench.report.ratio(f"  {many} as a multiple of {few}", "growth, streams", "cpu_us_a_record", many, few, 1.15)


def run(bench):
    for part in PARTS:
        if bench.wants(part):
            {"rates": rates, "streams": streams}[part](bench)
