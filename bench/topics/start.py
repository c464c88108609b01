# SPDX-License-Identifier: Apache-2.0
"""Start, idling, and validation: what a process costs that has nothing to do."""
import socket
import subprocess
import time

from harness.contenders import Sluice
from harness.program import PATIENCE_S, RunFailed
from harness.servers import Place, root

TITLE = "start, idle, validate"
PARTS = ("connect", "idle", "validate")
IDLE_S = 20


def estimate_s(bench):
    of = {"connect": 5 + 2 * bench.pairs, "idle": bench.scaled(IDLE_S, 5) + 6, "validate": 2}
    return sum(seconds for part, seconds in of.items() if bench.wants(part))


def connect(bench):
    """From exec to accept() at the listener: of the process that the project's graph makes, which opens its sinks first,
    and of a graph that has no other connection to make."""
    place = Place(bench)
    starts = {"ingest of graphs/binance.yaml": lambda port: Sluice(bench, "ingest").start(place, exchange_port=port),
              "bench/graphs/discard.yaml": lambda port: bench.sluice(
                  root / "bench" / "graphs" / "discard.yaml", {"BINANCE_WS_URL": f"ws://127.0.0.1:{port}"})}

    def once(name):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(PATIENCE_S)
            program = starts[name](listener.getsockname()[1])
            connection, _ = listener.accept()
            took_ms = (time.monotonic() - program.started_s) * 1000
            connection.close()
        program.stop()
        bench.report.keep("start, connect", name, took_ms=took_ms)

    bench.turns(starts, once)
    place.remove()
    for name in starts:
        bench.report.figure(f"exec to the first connect, {name}", "start, connect", name, "took_ms", "ms", 60)


def idle(bench):
    """Two processes that are connected and get nothing, side by side."""
    place = Place(bench)
    loads = [bench.load("binance_sim", "--port", 0, "--frames", 10) for _ in range(2)]
    ingest = Sluice(bench, "ingest").start(place, exchange_port=loads[0][1])
    quickstart = bench.sluice(root / "graphs" / "quickstart.yaml", {"BINANCE_WS_URL": f"ws://127.0.0.1:{loads[1][1]}",
                                                                    "SQLITE_PATH": str(bench.directory / "idle.db")})
    programs = {"ingest of graphs/binance.yaml": ingest, "graphs/quickstart.yaml": quickstart}
    time.sleep(3)
    before = {name: (program.cpu_ns(), time.monotonic()) for name, program in programs.items()}
    time.sleep(bench.scaled(IDLE_S, 5))
    for name, program in programs.items():
        cpu_ns, at = before[name]
        share = (program.cpu_ns() - cpu_ns) / 1e9 / (time.monotonic() - at) * 100
        bench.report.keep("idle", name, core_percent=share, resident_mib=program.status_mib("VmRSS"))
        program.stop()
        bench.report.figure(f"idle, {name}", "idle", name, "core_percent", "% of a core", 0.5)
        bench.report.figure("  resident then", "idle", name, "resident_mib", "MiB")
    for simulator, _ in loads:
        simulator.stop()
    place.remove()


def long_graph(bench, nodes):
    """A chain of so many nodes, every tenth edge with a buffer."""
    path = bench.directory / "long.yaml"
    names = [f"n{at}" for at in range(nodes - 2)]
    lines = ["graph: long", "nodes:", "  first:", "    type: binance_ws", "    url: ws://127.0.0.1:1", "    symbols: [BTCUSDT]",
             "    streams: [trade]", "    malformed: discard"]
    lines += [f"  {name}: {{ type: stamp, field: {name} }}" for name in names]
    lines += ["  last: { type: discard }", "edges:"]
    chain = ["first", *names, "last"]
    for at, (origin, target) in enumerate(zip(chain, chain[1:])):
        buffer = ", buffer: { records: 1k, bytes: 1MiB }, when_full: block" if at % 10 == 9 else ""
        lines.append(f"  - {{ from: {origin}, to: {target}{buffer} }}")
    path.write_text("\n".join(lines) + "\n")
    return path


def validate(bench):
    graphs = {"graphs/quickstart.yaml": (root / "graphs" / "quickstart.yaml", 21, 50),
              "a graph of 1,000 nodes": (long_graph(bench, 1000), 5, 1000)}
    for name, (path, times, goal_ms) in graphs.items():
        for _ in range(times):
            program = bench.program("sluice", "validate", path).end()
            if program.code != 0:
                said = subprocess.run([bench.bin / "sluice", "validate", path], capture_output=True, text=True, check=False)
                raise RunFailed(f"{name} is not valid: {(said.stdout + said.stderr)[-500:]}")
            bench.report.keep("validate", name, False, took_ms=program.wall_s * 1000, cpu_ms=program.cpu_s * 1000)
        bench.report.figure(f"validate {name}", "validate", name, "took_ms", "ms", goal_ms)
        bench.report.figure("  its processor time", "validate", name, "cpu_ms", "ms")


def run(bench):
    for part in PARTS:
        if bench.wants(part):
            {"connect": connect, "idle": idle, "validate": validate}[part](bench)
