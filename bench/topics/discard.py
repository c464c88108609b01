# SPDX-License-Identifier: Apache-2.0
"""socket -> parse -> stamp -> route -> discard: the engine's own part of the way, with nothing behind it."""
import pathlib

from harness.program import RunFailed

TITLE = "socket -> parse -> stamp -> route -> discard"
PARTS = ()
ROUNDS = 20  # of 64 MiB
GRAPH = pathlib.Path(__file__).resolve().parents[1] / "graphs" / "discard.yaml"


def estimate_s(bench):
    return bench.pairs * (6 * bench.scale + 2)


def once(bench, who):
    blaster, port = bench.load("bench_blaster", 64, bench.scaled(ROUNDS))
    told = {"BINANCE_WS_URL": f"ws://127.0.0.1:{port}"}
    if who == "sluice":
        program = bench.sluice(GRAPH, told)
    else:
        program = bench.program("bench_floor", who, environment=told, listens=True)
    _, frames, _, seconds = blaster.line(program)
    program.note_peak()
    if who == "sluice":
        program.stop()
        arrived = bench.received()
    else:
        arrived = int(program.line()[1])
        program.end()
    blaster.end()
    if arrived != int(frames):
        raise RunFailed(f"{arrived:,} of {int(frames):,} frames arrived: {program.words()}")
    bench.report.keep("discard", who, cpu_s_a_million=program.cpu_s / arrived * 1e6, frames_a_second=arrived / float(seconds),
                      peak_mib=program.peak_mib)


def run(bench):
    bench.turns(("sluice", "parse", "walk"), lambda who: once(bench, who))
    figure, ratio = bench.report.figure, bench.report.ratio
    figure("to discard: processor time a million frames of 155 bytes", "discard", "sluice", "cpu_s_a_million", "s", 0.25)
    figure("  hand-written loop, with simdjson", "discard", "parse", "cpu_s_a_million", "s")
    figure("  hand-written loop, receive and walk", "discard", "walk", "cpu_s_a_million", "s")
    ratio("  as a multiple of the loop with simdjson", "discard", "cpu_s_a_million", "sluice", "parse")
    figure("to discard: frames a second", "discard", "sluice", "frames_a_second", "frames/s")
    figure("  hand-written loop, with simdjson", "discard", "parse", "frames_a_second", "frames/s")
    figure("to discard: resident, peak", "discard", "sluice", "peak_mib", "MiB")
