# SPDX-License-Identifier: Apache-2.0
"""From the frame on. The engine's part: from the write into the socket to the call that hands the record to librdkafka,
seen from outside by bench_produce_clock, a library that stands before that call, in every program alike; frames come one
at a time. And to Kafka: until a consumer could read the record, by bench_watcher, on runs of their own."""
from harness.bench import Passages
from harness.contenders import LEAN, SLUICE, contenders
from harness.servers import Place

TITLE = "from the frame in the socket to the call that produces it, and to Kafka"
PARTS = ("engine", "to_kafka")
RATE = 5_000
PACER_WARM_UP_S = 1
SECONDS = (6, 3)  # of a run, and at least
SETTLED_S = 1  # after the warm-up's end, until figures count
ENTRY_BYTES = 16


def estimate_s(bench):
    seconds = bench.scaled(*SECONDS) + PACER_WARM_UP_S + 1.5
    who = 2 + len(bench.rivals)
    return 10 + seconds * who * ((bench.pairs if bench.wants("engine") else 0)
                                 + (to_kafka_pairs(bench) if bench.wants("to_kafka") else 0))


def to_kafka_pairs(bench):
    return max(1, bench.pairs // 2)


def counted_from_ns(passages):
    return passages.first_sent_ns() + (PACER_WARM_UP_S + SETTLED_S) * 1_000_000_000


def engine_once(bench, contender):
    place = Place(bench)
    seconds = bench.scaled(*SECONDS)
    frames = RATE * seconds + RATE * PACER_WARM_UP_S // 50
    clock = bench.directory / "produce_clock"
    clock.write_bytes(bytes(ENTRY_BYTES * 2 * frames))
    pacer, port = bench.load("bench_pacer", RATE, seconds, 1_000_000 // RATE, takes_input=True)
    program = contender.start(place, exchange_port=port, records=frames,
                              environment={"LD_PRELOAD": str(bench.bin / "libbench_produce_clock.so"),
                                           "BENCH_PRODUCE_CLOCK": str(clock)})
    _, _, late_p99_us, late_most_us = pacer.line(program)
    place.wait_until_stored(frames, program)
    pacer.close_input()
    contender.finish(program)
    passages = Passages(clock, frames)
    bench.report.keep("latency, engine", contender.name, **passages.figures_us(counted_from_ns(passages)),
                      pacer_late_p99_us=int(late_p99_us), pacer_late_most_us=int(late_most_us))
    place.remove()


def to_kafka_once(bench, contender):
    place = Place(bench)
    seconds = bench.scaled(*SECONDS)
    frames = RATE * seconds + RATE * PACER_WARM_UP_S // 50
    seen = bench.directory / "seen"
    watcher = bench.program("bench_watcher", bench.servers.brokers, *place.topics, frames, seen, listens=True)
    watcher.line()
    pacer, port = bench.load("bench_pacer", RATE, seconds, takes_input=True)
    program = contender.start(place, exchange_port=port, records=frames)
    _, _, late_p99_us, late_most_us = pacer.line(program)
    watcher.line()
    pacer.close_input()
    contender.finish(program)
    watcher.end()
    passages = Passages(seen, frames)
    bench.report.keep("latency, to Kafka", contender.name, **passages.figures_us(counted_from_ns(passages)),
                      pacer_late_p99_us=int(late_p99_us), pacer_late_most_us=int(late_most_us))
    place.remove()


def run(bench):
    who = [each for each in contenders(bench, "ingest") if each.part == 1 and each.name != LEAN]
    figure = bench.report.figure
    if bench.wants("engine"):
        bench.turns(who, lambda contender: engine_once(bench, contender))
        for key, part, goal in (("p50_us", "p50", 30), ("p99_us", "p99", 150), ("p999_us", "p99.9", 1000)):
            figure(f"frame in the socket to produce call at 5,000/s, {part}", "latency, engine", SLUICE, key, "us", goal)
            for rival in who[1:]:
                figure(f"  {rival.title}", "latency, engine", rival.name, key, "us")
        figure("  how late the source's own steps were, p99", "latency, engine", SLUICE, "pacer_late_p99_us", "us")
        figure("  the latest step", "latency, engine", SLUICE, "pacer_late_most_us", "us")
    if bench.wants("to_kafka"):
        bench.turns(who, lambda contender: to_kafka_once(bench, contender), to_kafka_pairs(bench))
        for key, part in (("p50_us", "p50"), ("p99_us", "p99")):
            figure(f"frame in the socket to read from Kafka at 5,000/s, {part}", "latency, to Kafka", SLUICE, key, "us")
            for rival in who[1:]:
                figure(f"  {rival.title}", "latency, to Kafka", rival.name, key, "us")
