# SPDX-License-Identifier: Apache-2.0
"""The worst second of recorded traffic, fifty times over, between quiet seconds of the same recording: all of it must
come, and a second after it frames must pass as before. Captures: SLUICE_CAPTURES, or ../shared/data/captures beside the
checkout; lines are `<receive time> <frame>`."""
import bisect
import gzip
import os
import pathlib
import re

from harness.bench import Passages
from harness.contenders import LEAN, SLUICE, contenders
from harness.pairs import percentile
from harness.servers import Place, root

TITLE = "the worst second, fifty times over"
PARTS = ()
FACTOR = 50
QUIET_S = (4, 5)  # before and after
KINDS = {"trade", "aggTrade", "bookTicker"}
SYMBOLS = {"BTCUSDT", "ETHUSDT", "BNBUSDT"}
LINE = re.compile(r'(\d+)(?:\.(\d+))?:? (\{"stream":"(\w+)@(\w+)".*\})\s*$')
US_DIGITS = 16  # of a time in microseconds; it has 10 in seconds and 19 in nanoseconds
SECOND_US = 1_000_000


def turns(bench):
    return max(1, bench.pairs // 2)


def estimate_s(bench):
    return 5 + turns(bench) * 2 * (sum(QUIET_S) + 4)


def captures():
    given = os.environ.get("SLUICE_CAPTURES")
    folder = pathlib.Path(given) if given else root.parent / "shared" / "data" / "captures"
    return sorted(folder.glob("*.gz"))


def time_us(line):
    whole, part = line[1], line[2] or ""
    return int(whole + part[:6].ljust(6, "0") if len(whole) == 10 else whole[:US_DIGITS])


def frames_of(path):
    """(receive time in microseconds, frame), of the streams that the graph asks for."""
    with gzip.open(path, "rt") as file:
        for line in file:
            found = LINE.match(line)
            if not found or found[5] not in KINDS or found[4].upper() not in SYMBOLS:
                continue
            yield time_us(found), found[3]


def worst_second(frames):
    """(where it begins, how many frames it has) of sorted frames."""
    times = [at for at, _ in frames]
    counts = [bisect.bisect_left(times, at + SECOND_US) - index for index, at in enumerate(times)]
    most = max(counts)
    return times[counts.index(most)], most


def write_schedule(frames, path):
    """What bench_burst reads: quiet seconds, the worst second with its copies, quiet seconds."""
    begin, _ = worst_second(frames)
    first, last = begin - QUIET_S[0] * SECOND_US, begin + (1 + QUIET_S[1]) * SECOND_US
    lines, total = [], 0
    for at, frame in frames:
        if first <= at < last:
            copies = FACTOR if begin <= at < begin + SECOND_US else 1
            lines.append(f"{at - first} {copies} {frame}\n")
            total += copies
    path.write_text("".join(lines))
    return total


def once(bench, contender, schedule, frames):
    place = Place(bench)
    seen = bench.directory / "seen"
    watcher = bench.program("bench_watcher", bench.servers.brokers, *place.topics, frames, seen, listens=True)
    watcher.line()
    source, port = bench.load("bench_burst", schedule, takes_input=True)
    program = contender.start(place, exchange_port=port, records=frames)
    _, _, late_p99_us, _, began_ns, ended_ns = map(int, ["0", *source.line(program)[1:]])
    watcher.line()
    source.close_input()
    contender.finish(program)
    watcher.end()
    place.remove()
    passages = Passages(seen, frames)
    second_ns = 1_000_000_000
    in_burst = [at for sent, at in passages.seen_ns.items() if began_ns <= sent <= ended_ns]
    before = passages.delays_ns(began_ns - (QUIET_S[0] - 2) * second_ns, began_ns)
    during = passages.delays_ns(began_ns, ended_ns + 1)
    after = passages.delays_ns(ended_ns + second_ns)
    bench.report.keep("burst", contender.name, frames_a_second=len(in_burst) / (ended_ns - began_ns) * second_ns,
                      outlived_s=max(0, max(in_burst) - ended_ns) / second_ns,
                      before_p99_ms=percentile(before, 0.99) / 1e6, during_p50_ms=percentile(during, 0.5) / 1e6,
                      during_most_ms=during[-1] / 1e6, after_p99_ms=percentile(after, 0.99) / 1e6,
                      pacer_late_p99_us=late_p99_us)


def run(bench):
    found = captures()
    if not found:
        bench.report.skip("burst: there are no recorded frames; SLUICE_CAPTURES names their folder")
        return
    frames = sorted(frame for path in found for frame in frames_of(path))
    schedule = bench.directory / "burst.txt"
    total = write_schedule(frames, schedule)
    print(f"  {worst_second(frames)[1]:,} frames in the worst second; {total:,} are sent", flush=True)
    who = [each for each in contenders(bench, "ingest") if each.part == 1 and each.name != LEAN]
    bench.turns(who, lambda contender: once(bench, contender, schedule, total), turns(bench))
    figure = bench.report.figure
    figure("burst: frames a second in it; none is missing in Kafka", "burst", SLUICE, "frames_a_second", "frames/s")
    for key, what, unit, goal in (("outlived_s", "from its end until its last frame is read from Kafka", "s", 1),
                                  ("before_p99_ms", "frame to Kafka before it, p99", "ms", None),
                                  ("during_p50_ms", "frame to Kafka within it, p50", "ms", None),
                                  ("during_most_ms", "frame to Kafka within it, most", "ms", None),
                                  ("after_p99_ms", "frame to Kafka from a second after it on, p99", "ms", None)):
        figure(f"burst: {what}", "burst", SLUICE, key, unit, goal)
        for rival in who[1:]:
            figure(f"  {rival.title}", "burst", rival.name, key, unit)
