# SPDX-License-Identifier: Apache-2.0
"""Who runs: Sluice with the project's own graph, the hand-written floors, the seed's programs, and any other that is
given as a command line. All but Sluice are told what they need in the same variables (bench/README.md)."""
import dataclasses
import functools
import os
import pathlib
import shlex
import subprocess
import sys

from . import graph_text
from .program import Program, RunFailed
from .servers import free_port, root

SLUICE = "sluice"
FLOOR = "floor"
LEAN = "floor, lean"
SEED = "seed"
SECONDS_TO_END = 3


def variables(place, group, exchange_port, records, needs_database):
    servers = place.bench.servers
    found = {"BINANCE_WS_URL": f"ws://127.0.0.1:{exchange_port}", "BINANCE_REST_URL": "http://127.0.0.1:9", "KAFKA_BROKERS": servers.brokers,
             "TRADES_TOPIC": place.topics[0], "QUOTES_TOPIC": place.topics[1], "GROUP": group, "RECORDS": str(records),
             "HEALTH_PORT": "0"}
    if needs_database:
        found["TIMESCALE_URL"] = servers.database
    return found


@dataclasses.dataclass
class Rival:
    name: str
    title: str
    command: list
    part: float = 1.0  # of the load, for those that are slow

    def start(self, place, group="", exchange_port=0, records=0, needs_database=False, environment=None):
        told = variables(place, group, exchange_port, records, needs_database)
        return Program(self.command, {**told, **(environment or {})})

    def finish(self, program):
        program.finish(SECONDS_TO_END)
        if program.code not in (0, -15):
            raise RunFailed(f"it ended with {program.code}: {program.words()}")


class Sluice:
    """`graphs/binance.yaml` with the names of a place, and with `edits` of its options."""

    part = 1.0

    def __init__(self, bench, process, edits=(), name=SLUICE):
        self.bench, self.process, self.edits, self.name = bench, process, edits, name
        self.title = name

    def graph(self, place, group):
        text = (root / "graphs" / "binance.yaml").read_text()
        for where, option, value in [("trade_log", "topic", place.topics[0]), ("quote_log", "topic", place.topics[1]),
                                     ("gap_log", "topic", place.gaps), ("rejects", "topic", place.rejects), *self.edits]:
            text = graph_text.set_option(text, where, option, value)
        if group:
            for where in ("trade_log", "quote_log", "gap_log"):
                text = graph_text.set_option(text, where, "group", group)
        for port in (":8081", ":8082"):
            text = text.replace(port, f":{free_port()}")
        path = self.bench.directory / f"{place.name}.{self.process}.yaml"
        path.write_text(text)
        return path

    def start(self, place, group="", exchange_port=0, records=0, needs_database=False, environment=None):
        told = variables(place, group, exchange_port, records, needs_database)
        return self.bench.sluice(self.graph(place, group), {**told, **(environment or {})}, "--process", self.process)

    def finish(self, program):
        program.stop()
        if program.code != 0:
            raise RunFailed(f"it ended with {program.code}: {program.words()}")


@functools.cache
def seed_python():
    """(the Python of a virtual environment with what the seed's programs need, or None and why it can't be had)"""
    here = root / "bench" / "seed_script"
    place = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "sluice" / "seed_script"
    wanted = (here / "requirements.txt").read_text()
    if (place / "made").exists() and (place / "made").read_text() == wanted:
        return place / "bin" / "python", ""
    try:
        subprocess.run([sys.executable, "-m", "venv", "--clear", place], check=True, capture_output=True)
        subprocess.run([place / "bin" / "pip", "install", "-q", "-r", here / "requirements.txt"], check=True,
                       capture_output=True)
    except (OSError, subprocess.CalledProcessError) as error:
        return None, f"the seed's programs: what they need could not be installed: {error}"
    (place / "made").write_text(wanted)
    return place / "bin" / "python", ""


def contenders(bench, process):
    """Sluice first, then what it is measured against: of `ingest` or `buffer`."""
    found = [Sluice(bench, process)]
    if process == "ingest":
        found += [Rival(FLOOR, "the hand-written floor, same record", [bench.bin / "bench_floor_ingest", "same"]),
                  Rival(LEAN, "the hand-written floor, lean", [bench.bin / "bench_floor_ingest", "lean"])]
    else:
        found += [Rival(FLOOR, "the hand-written floor of 500", [bench.bin / "bench_floor_buffer"])]
    if bench.with_seed:
        python, why = seed_python()
        script = root / "bench" / "seed_script" / {"ingest": "ws_consumer.py", "buffer": "worker.py"}[process]
        if python:
            found.append(Rival(SEED, "the seed's program in Python", [python, script], 0.2))
        else:
            bench.report.skip(why)
    for given in bench.rivals:
        kind, _, rest = given.partition(":")
        name, equals, command = rest.partition("=")
        if kind == process and equals:
            found.append(Rival(name, name, shlex.split(command)))
    return found
