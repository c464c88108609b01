#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""torture.py: graphs/binance.yaml on real servers, under random faults; then everything is counted.

    torture.py rounds 1 2 7-12         the rounds of these seeds
    torture.py rounds --rounds 20      seeds 1 to 20; --seed S begins with S
    torture.py show 7                  what a seed comes to; runs nothing
    torture.py table                   the results so far

A seed that has passed on this tree is not run again (--again does). The logs of a failed round are kept. Exit codes: 0
all passed, 1 a round failed, 2 wrong arguments, 77 the servers cannot run on this machine.
"""

import argparse
import os
import pathlib
import signal
import sys
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "end_to_end"))

import plan as plans  # noqa: E402
import results  # noqa: E402


def seeds(words):
    found = []
    for word in words:
        first, _, last = word.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("rounds", "show", "table"))
    parser.add_argument("seeds", nargs="*", help="a seed, or a range as 1-20")
    parser.add_argument("--rounds", type=int, help="how many, from --seed on")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--short", action="store_true", help="10 to 12 seconds of two or three faults")
    parser.add_argument("--brokers", type=int, default=1, choices=(1, 3))
    parser.add_argument("--again", action="store_true", help="also what has passed on this tree")
    parser.add_argument("--keep", action="store_true", help="keep the logs of passed rounds, too")
    parser.add_argument("--build", default="build/dev", help="directory of the build; default build/dev")
    options = parser.parse_args()
    try:
        options.seeds = seeds(options.seeds)
    except ValueError:
        parser.error("a seed is a number, or a range as 1-20")
    if options.rounds:
        options.seeds += range(options.seed, options.seed + options.rounds)
    if options.command != "table" and not options.seeds:
        parser.error("give seeds, or --rounds")
    return options


def use_build(build):
    """The programs of a build, unless the environment names them."""
    programs = pathlib.Path(build).resolve() / "bin"
    for variable, name in (("SLUICE_PROGRAM", "sluice"), ("SLUICE_SIMULATOR", "binance_sim")):
        path = pathlib.Path(os.environ.setdefault(variable, str(programs / name)))
        if not path.is_file():
            sys.exit(f"torture.py: there is no program {path}: build it, or give --build")


def run(options):
    use_build(options.build)
    # These read the environment when they are imported.
    from round import Round
    from cluster import Servers, Unavailable

    file = results.Results(pathlib.Path(options.build) / "torture")
    wanted = [plans.make(seed, options.short, options.brokers) for seed in options.seeds]
    rest = [plan for plan in wanted if options.again or not file.has_passed(plan)]
    for plan in wanted:
        if plan not in rest:
            print(f"seed {plan.seed} has passed on this tree", flush=True)
    failed = 0
    if rest:
        try:
            servers = Servers(options.brokers)
        except Unavailable as problem:
            print(f"SKIPPED: the torture needs servers of its own: {problem}", file=sys.stderr)
            return 1 if os.environ.get("CI") == "true" else 77
        try:
            for plan in rest:
                failed += not play(Round(plan, servers, file.directory / f"seed-{plan.seed}", options.keep), file, options)
        finally:
            servers.close()
    print(file.table(wanted))
    return 1 if failed else 0


def play(case, file, options):
    began = time.monotonic()
    outcome = unittest.TestResult()
    try:
        case.run(outcome)
    except KeyboardInterrupt:
        case.doCleanups()
        raise
    for _, text in (*outcome.errors, *outcome.failures):
        case.problems.append(text)
    if outcome.skipped:
        case.problems.append(f"skipped: {outcome.skipped}")
    line = file.add(case.plan, case.counts, case.problems, time.monotonic() - began)
    print(results.row(line), flush=True)
    for problem in case.problems:
        print(f"      VIOLATION {problem}", flush=True)
    if case.problems:
        words = [str(HERE / "torture.py"), "rounds", str(case.plan.seed), "--again"]
        words += ["--short"] if options.short else []
        words += ["--brokers", str(options.brokers)] if options.brokers != 1 else []
        print(f"      logs: {case.kept}; replay: {' '.join(words)}", flush=True)
    return not case.problems


def main():
    options = parse()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if options.command == "show":
        for seed in options.seeds:
            plan = plans.make(seed, options.short, options.brokers)
            print(f"seed {seed}: {plan.settings()}")
            for fault in plan.faults:
                print(f"  {fault}")
        return 0
    if options.command == "table":
        print(results.Results(pathlib.Path(options.build) / "torture").table())
        return 0
    return run(options)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
