# SPDX-License-Identifier: Apache-2.0
"""Every run's figures, the rows of the one table, and what failed. Written as JSON after each run, so that what was
measured stays when the rest fails."""
import json

from . import pairs


def number(value):
    if value >= 10_000:
        return f"{value:,.0f}"
    if value >= 1_000:
        return f"{value:,.4g}"
    return f"{value:.0f}" if value >= 100 else f"{value:#.3g}"


class Report:
    def __init__(self, path, about):
        self.path = path
        self.about = about
        self.runs = {}
        self.rows = []
        self.failures = []
        self.skipped = []
        self.topic = ""  # that runs now, and its turn
        self.turn = 0

    # every run

    def keep(self, topic, who, is_shown=True, **figures):
        figures = {key: value for key, value in figures.items() if value is not None}
        self.runs.setdefault(topic, {}).setdefault(who, []).append({"turn": self.turn, **figures})
        shown = ", ".join(f"{key} {number(value)}" for key, value in figures.items() if not isinstance(value, list))
        if is_shown:
            print(f"    {who}: {shown}", flush=True)
        self.write()

    def values(self, topic, who, key):
        return [run[key] for run in self.runs.get(topic, {}).get(who, []) if key in run]

    # rows of the table

    def value(self, what, value, unit, goal=None, at_least=False, between=None):
        met = wanted = ""
        if goal is not None:
            wanted = f"{'>=' if at_least else '<='} {goal:,.4g}"
            is_met = (lambda each: each >= goal) if at_least else (lambda each: each <= goal)
            met = "yes" if is_met(value) else "**no**"
            if between and len({is_met(each) for each in between}) == 2:
                met += ", within the interval"
        shown = f"{number(between[0])} to {number(between[1])}" if between else ""
        row = {"what": what, "value": value, "unit": unit, "interval": between, "goal": wanted, "met": met}
        self.rows.append((row, [what, f"{number(value)} {unit}", shown, wanted, met]))
        print(f"  {what:<72} {number(value):>10} {unit:<12} {shown:<18} {wanted:>10}  {met.replace('*', '')}", flush=True)
        self.write()

    def figure(self, what, topic, who, key, unit, goal=None, at_least=False):
        values = self.values(topic, who, key)
        if not values:
            return
        median, *between = pairs.summary(values)
        self.value(what, median, unit, goal, at_least, between if len(values) > 1 else None)

    def ratio(self, what, topic, key, ours, theirs, goal=None, at_least=False):
        """Of the turns that both ended well."""
        by_turn = [{run["turn"]: run[key] for run in self.runs.get(topic, {}).get(who, [])} for who in (ours, theirs)]
        found = [value / by_turn[1][turn] for turn, value in by_turn[0].items() if turn in by_turn[1]]
        if not found:
            return
        median, *between = pairs.summary(found)
        self.value(what, median, "times", goal, at_least, between if len(found) > 1 else None)

    def fail(self, why):
        self.failures.append({"topic": self.topic, "why": why})
        print(f"  FAILED: {self.topic}: {why}", flush=True)
        self.write()

    def skip(self, why):
        if why not in self.skipped:
            self.skipped.append(why)
            print(f"  SKIPPED: {why}", flush=True)

    # what becomes of it

    def markdown(self):
        lines = ["| what | median | interval | goal | met |", "|---|---|---|---|---|"]
        lines += ["| " + " | ".join([cells[0].replace("  ", "&ensp;"), *cells[1:]]) + " |" for _, cells in self.rows]
        lines += [f"\nSkipped: {why}" for why in self.skipped]
        lines += [f"\nA run of `{each['topic']}` failed and is not counted: {each['why']}" for each in self.failures]
        return "\n".join(lines)

    def write(self):
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps({"about": self.about, "runs": self.runs, "table": [row for row, _ in self.rows],
                                   "failures": self.failures, "skipped": self.skipped}, indent=1) + "\n")
        new.replace(self.path)
