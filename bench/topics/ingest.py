# SPDX-License-Identifier: Apache-2.0
"""websocket -> stamp -> route -> Kafka at full speed. The rate is taken from the first byte sent until the ends of
the topics' partitions have moved by as many records, asked of the broker. Nothing may be missing, and nothing twice."""
import time

from harness.contenders import FLOOR, LEAN, SEED, SLUICE, contenders
from harness.servers import Place

TITLE = "websocket -> stamp -> route -> Kafka, acks=all, lz4"
PARTS = ()
ROUNDS = 10  # of 64 MiB, 419,000 frames
FRAMES_A_ROUND = 419_000


def estimate_s(bench):
    return 15 + bench.pairs * (17 * bench.scale + 5)


def blast(bench, contender, rounds, symbols=3):
    """All of it as fast as the contender takes it: (frames, frames a second, the program that has ended)."""
    place = Place(bench)
    blaster, port = bench.load("bench_blaster", 64, rounds, symbols)
    program = contender.start(place, exchange_port=port, records=rounds * FRAMES_A_ROUND)
    _, frames, _, seconds = blaster.line(program)
    taken_at = time.monotonic()
    frames = int(frames)
    blaster.end()
    rate = frames / (float(seconds) + place.wait_until_stored(frames, program) - taken_at)
    contender.finish(program)
    place.must_hold(frames, program)
    place.remove()
    return frames, rate, program


def once(bench, contender):
    frames, rate, program = blast(bench, contender, bench.scaled(ROUNDS * contender.part))
    bench.report.keep("ingest", contender.name, frames_a_second=rate, cpu_s_a_million=program.cpu_s / frames * 1e6,
                      peak_mib=program.peak_mib)


def run(bench):
    who = contenders(bench, "ingest")
    bench.turns(who, lambda contender: once(bench, contender))
    figure, ratio = bench.report.figure, bench.report.ratio
    goals = {"cpu_s_a_million": {FLOOR: 1.15, LEAN: 1.15, SEED: 0.2}, "frames_a_second": {FLOOR: 0.9, LEAN: 0.9, SEED: 5}}
    for key, what, unit in (("cpu_s_a_million", "processor time a million frames", "s"),
                            ("frames_a_second", "frames a second into Kafka", "frames/s")):
        figure(f"ingest: {what}", "ingest", SLUICE, key, unit)
        for rival in who[1:]:
            figure(f"  {rival.title}", "ingest", rival.name, key, unit)
            ratio("    Sluice as a multiple of it", "ingest", key, SLUICE, rival.name, goals[key].get(rival.name),
                  at_least=key == "frames_a_second")
    for contender in who:
        title = "ingest: resident at that speed, peak" if contender.name == SLUICE else f"  {contender.title}"
        figure(title, "ingest", contender.name, "peak_mib", "MiB")
