# SPDX-License-Identifier: Apache-2.0
"""What came of the rounds: one JSON line a round in results.jsonl, and the table that people read.

A line names the tree and the programs that it was run on, so that a seed that has passed there is known.
"""

import hashlib
import json
import os
import pathlib
import subprocess

COLUMNS = ("sent", "topics", "rows", "lost", "doubled", "quotes_missing")
HEAD = "| seed | settings | faults | sent | in the topics | rows | lost | doubled | quotes in dead sockets | seconds | verdict |"


class Results:
    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.path = self.directory / "results.jsonl"
        self.tree = tree()

    def lines(self):
        if not self.path.exists():
            return []
        return [json.loads(line) for line in self.path.read_text().splitlines()]

    def of(self, plan):
        """The newest line of a plan on this tree."""
        key = [plan.seed, plan.is_short, plan.brokers]
        return next((line for line in reversed(self.lines()) if line["key"] == key and line["tree"] == self.tree), None)

    def has_passed(self, plan):
        line = self.of(plan)
        return line is not None and not line["problems"]

    def add(self, plan, counts, problems, seconds):
        line = {"key": [plan.seed, plan.is_short, plan.brokers], "tree": self.tree, "settings": plan.settings(),
                "faults": [str(fault) for fault in plan.faults], "counts": counts, "problems": problems,
                "seconds": round(seconds)}
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        return line

    def table(self, plans=None):
        lines = self.lines() if plans is None else [line for line in map(self.of, plans) if line]
        sums = [sum(line["counts"].get(column, 0) for line in lines) for column in COLUMNS]
        passed = sum(not line["problems"] for line in lines)
        faults = sum(len(line["faults"]) for line in lines)
        return "\n".join((HEAD, "|---" * 11 + "|", *map(row, lines),
                          f"| {len(lines)} rounds | | {faults} | " + " | ".join(f"{value:,}" for value in sums)
                          + f" | {sum(line['seconds'] for line in lines)} | {passed} passed |"))


def row(line):
    counts = [f"{line['counts'][column]:,}" if column in line["counts"] else "?" for column in COLUMNS]
    return (f"| {line['key'][0]} | {line['settings']} | {', '.join(line['faults'])} | {' | '.join(counts)} | {line['seconds']} |"
            f" {'FAILED' if line['problems'] else 'passed'} |")


def tree():
    """A digest of the sources and of the program under test."""
    digest = hashlib.sha256()
    here = pathlib.Path(__file__).resolve().parent
    for words in (("rev-parse", "HEAD"), ("diff", "HEAD")):
        digest.update(subprocess.run(["git", "-C", here, *words], capture_output=True, check=False).stdout)
    program = pathlib.Path(os.environ.get("SLUICE_PROGRAM", "sluice"))
    if program.is_file():
        digest.update(program.read_bytes())
    return digest.hexdigest()
