# SPDX-License-Identifier: Apache-2.0
"""What is resident: at 50,000 frames a second into Kafka and into SQLite, over time, and when the broker is down."""
import json
import pathlib
import signal
import sqlite3
import statistics
import subprocess
import time

from harness.contenders import SLUICE, Sluice
from harness.program import RunFailed
from harness.servers import Place, root

from .latency import PACER_WARM_UP_S

TITLE = "memory"
PARTS = ("soak", "broker_down", "sqlite")
RATE = 50_000
DOWN_S = 20
DOWN_ROUNDS = 16  # of 64 MiB: more than the edges hold
ALLOWANCE_MIB = 32
SHORTEST_SOAK_S = 30  # that says anything about growth
MIB = 1 << 20


def estimate_s(bench):
    of = {"soak": bench.soak_s + 10, "broker_down": bench.scaled(DOWN_S, 8) + 25, "sqlite": bench.scaled(20, 6) + 3}
    return sum(seconds for part, seconds in of.items() if bench.wants(part))


def resident_each_second(program, seconds):
    found = []
    for _ in range(seconds):
        time.sleep(1)
        found.append(program.status_mib("VmRSS"))
    return found


def soak(bench):
    place = Place(bench)
    frames = RATE * bench.soak_s + RATE * PACER_WARM_UP_S // 50
    pacer, port = bench.load("bench_pacer", RATE, bench.soak_s, takes_input=True)
    ingest = Sluice(bench, "ingest")
    program = ingest.start(place, exchange_port=port)
    time.sleep(PACER_WARM_UP_S)
    resident_mib = resident_each_second(program, bench.soak_s)
    pacer.line(program)
    place.wait_until_stored(frames, program)
    pacer.close_input()
    peak_mib = program.status_mib("VmHWM")
    ingest.finish(program)
    place.must_hold(frames, program)
    place.remove()
    third = max(1, len(resident_mib) // 3)
    growth = statistics.median(resident_mib[-third:]) / statistics.median(resident_mib[third:2 * third])
    bench.report.keep("memory, soak", SLUICE, seconds=bench.soak_s, peak_mib=peak_mib, growth=growth,
                      core_percent=program.cpu_s / program.wall_s * 100, resident_mib=resident_mib)
    figure = bench.report.figure
    figure("ingest: resident at 50,000 frames/s into Kafka, peak", "memory, soak", SLUICE, "peak_mib", "MiB", 48)
    figure(f"  of {bench.soak_s} s, the last third as a multiple of the second", "memory, soak", SLUICE, "growth", "times",
           1.05 if bench.soak_s >= SHORTEST_SOAK_S else None)
    figure("  processor time of the process", "memory, soak", SLUICE, "core_percent", "% of a core")


def bound_mib(bench, graph):
    said = subprocess.run([bench.bin / "sluice", "validate", graph, "--process", "ingest", "--json"], check=True,
                          capture_output=True, text=True)
    return json.loads(said.stdout)["plan"]["memory"]["bytes"] / MIB


def broker_down(bench):
    """The broker stands still under full load; afterwards all of it must come."""
    place = Place(bench)
    ingest = Sluice(bench, "ingest")
    bound = bound_mib(bench, ingest.graph(place, ""))
    blaster, port = bench.load("bench_blaster", 64, DOWN_ROUNDS)
    program = ingest.start(place, exchange_port=port)
    place.wait_until_stored(100_000, program)
    bench.servers.kafka.pause(signal.SIGSTOP)
    try:
        resident_mib = resident_each_second(program, bench.scaled(DOWN_S, 8))
    finally:
        bench.servers.kafka.pause(signal.SIGCONT)
    frames = int(blaster.line(program)[1])
    blaster.end()
    place.wait_until_stored(frames, program)
    peak_mib = program.status_mib("VmHWM")
    ingest.finish(program)
    place.must_hold(frames, program)
    place.remove()
    bench.report.keep("memory, broker down", SLUICE, peak_mib=peak_mib, bound_mib=bound, resident_mib=resident_mib)
    bench.report.value("ingest: resident while the broker stands still under full load, peak", peak_mib, "MiB",
                       bound + ALLOWANCE_MIB)


def sqlite(bench):
    database = pathlib.Path(bench.directory) / "bench.db"
    simulator, port = bench.load("binance_sim", "--port", 0, "--rate", RATE)
    program = bench.sluice(root / "graphs" / "direct.yaml", {"BINANCE_WS_URL": f"ws://127.0.0.1:{port}",
                                                             "SQLITE_PATH": str(database)})
    time.sleep(bench.scaled(20, 6))
    peak_mib = program.status_mib("VmHWM")
    program.stop()
    simulator.stop()
    if program.code != 0:
        raise RunFailed(f"sluice ended with {program.code}: {program.words()}")
    with sqlite3.connect(database) as store:
        rows = sum(store.execute(f"select count(*) from {table}").fetchone()[0] for table in ("trades", "book_ticker"))
    database.unlink()
    bench.report.keep("memory, sqlite", SLUICE, peak_mib=peak_mib, rows_a_second=rows / program.wall_s,
                      core_percent=program.cpu_s / program.wall_s * 100)
    figure = bench.report.figure
    figure("graphs/direct.yaml: resident at 50,000 frames/s into SQLite, peak", "memory, sqlite", SLUICE, "peak_mib", "MiB", 40)
    figure("  rows in the tables a second", "memory, sqlite", SLUICE, "rows_a_second", "rows/s")
    figure("  processor time of the process", "memory, sqlite", SLUICE, "core_percent", "% of a core")


def run(bench):
    for part in PARTS:
        if bench.wants(part):
            {"soak": soak, "broker_down": broker_down, "sqlite": sqlite}[part](bench)
