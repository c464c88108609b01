#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""servers.py: real servers on loopback, on ports of their own, for tests, benchmarks and for trying out.

    servers.py start kafka timescale postgres      prints KAFKA_BROKERS=... TIMESCALE_URL=... POSTGRES_URL=...
    servers.py status                              what runs, and where its log is
    servers.py kill kafka [broker1]                kill -9
    servers.py restart kafka [broker1]             on the same ports and data
    servers.py stop [NAME...]                      all without a name; nothing is left
    servers.py with kafka timescale -- COMMAND     runs a command with the variables set, and stops them after it

Kinds: kafka, kafka-zookeeper, timescale, postgres. A variable that is set already is taken as it is: that server is
yours, and nothing is started for it (--own starts one all the same).
"""

import argparse
import concurrent.futures
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import real_servers  # noqa: E402
from real_servers import keeper  # noqa: E402
from real_servers.instance import find  # noqa: E402

UNAVAILABLE = 3
VARIABLES = {"kafka": "KAFKA_BROKERS", "kafka-zookeeper": "KAFKA_BROKERS", "timescale": "TIMESCALE_URL",
             "postgres": "POSTGRES_URL"}


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in ("start", "with"):
        start = commands.add_parser(name)
        start.add_argument("kinds", nargs="+", choices=sorted(VARIABLES), metavar="KIND")
        start.add_argument("--name", help="of the instance; by default its kind")
        start.add_argument("--group", help="begins the names of the instances: GROUP-KIND")
        start.add_argument("--port", type=int, help="of the first broker or the database; by default a free one")
        start.add_argument("--brokers", type=int, default=1, help="of Kafka; 1 to 5")
        start.add_argument("--jvm", help="options of Kafka's virtual machine, as -Xmx1g")
        start.add_argument("--set", action="append", default=[], metavar="KEY=VALUE",
                           help="a line of the server's configuration; fsync=on, say")
        start.add_argument("--own", action="store_true", help="even if the variable is set")
        start.add_argument("--until-pid", type=int, help="stop when this process has ended")
    commands.add_parser("status")
    for name in ("kill", "restart"):
        one = commands.add_parser(name)
        one.add_argument("name")
        one.add_argument("processes", nargs="*")
    stop = commands.add_parser("stop")
    stop.add_argument("names", nargs="*")
    stop.add_argument("--group")
    words = sys.argv[1:]
    rest = []
    if "--" in words:
        words, rest = words[:words.index("--")], words[words.index("--") + 1:]
    options = parser.parse_args(words)
    options.rest = rest
    if options.command == "with" and not rest:
        parser.error("with: say -- and a command")
    if options.command in ("start", "with") and (options.name or options.port) and len(options.kinds) > 1:
        parser.error("--name and --port are for one kind at a time")
    if options.command in ("start", "with") and not 1 <= options.brokers <= 5:
        parser.error("--brokers: 1 to 5")
    return options


def name_of(kind, options):
    return options.name or (f"{options.group}-{kind}" if options.group else kind)


def start_one(kind, options):
    """(variables, what went wrong)"""
    given = os.environ.get(VARIABLES[kind])
    if given and not options.own:
        return {VARIABLES[kind]: given}, None
    words = {"settings": dict(line.split("=", 1) for line in options.set)}
    if kind.startswith("kafka"):
        words["brokers"] = options.brokers
        if options.jvm:
            words["jvm"] = options.jvm
    try:
        return keeper.start(real_servers.KINDS[kind], name_of(kind, options), until_pid=options.until_pid,
                            port=options.port, **words).variables, None
    except (real_servers.Unavailable, OSError) as error:
        return {}, f"{kind}: {error}"


def start(options):
    # Each keeper is forked from a process of its own: threads and fork do not go together.
    variables, problems = {}, []
    if len(options.kinds) == 1:
        results = [start_one(options.kinds[0], options)]
    else:
        with concurrent.futures.ProcessPoolExecutor(len(options.kinds)) as pool:
            results = list(pool.map(start_one, options.kinds, [options] * len(options.kinds)))
    for found, problem in results:
        variables.update(found)
        if problem:
            problems.append(problem)
            keeper.complain(problem)
    return variables, problems


def main():
    options = parse()
    if options.command == "with":
        options.until_pid = options.until_pid or os.getpid()
    if options.command in ("start", "with"):
        variables, problems = start(options)
        if options.command == "start":
            for name, value in variables.items():
                print(f"{name}={value}", flush=True)
            return UNAVAILABLE if problems else 0
        try:
            if problems:
                return UNAVAILABLE
            return subprocess.run(options.rest, env={**os.environ, **variables}, check=False).returncode
        finally:
            for kind in options.kinds:
                for instance in find(name_of(kind, options)).values():
                    if variables.items() >= instance.variables.items():
                        keeper.stop(instance)
    if options.command == "status":
        for name, instance in find().items():
            for one in instance.processes:
                state = f"runs, pid {one.pid}" if one.is_alive() else "does not run"
                print(f"{name} {one.name}: {state}; log {one.log}")
            print("".join(f"{key}={value}\n" for key, value in instance.variables.items()), end="")
        return 0
    if options.command == "stop":
        group = find(f"{options.group}-*") if options.group else find()
        names = options.names or list(group)
    else:
        names = [options.name]
    for name in names:
        instance = find(name).get(name)
        if instance is None:
            keeper.complain(f"there is no {name}")
            return 2
        if options.command == "stop":
            keeper.stop(instance)
        elif options.command == "kill":
            instance.kill(*options.processes)
        else:
            instance.dies_with_parent = False  # this command ends at once; the keeper stops what runs
            instance.restart(*options.processes)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except real_servers.Unavailable as problem:
        keeper.complain(problem)
        sys.exit(UNAVAILABLE)
    except KeyboardInterrupt:
        sys.exit(130)
