# SPDX-License-Identifier: Apache-2.0
"""Columns against Python's json, Decimal and datetime: some thousands of documents, good, bad and odd ones; what a table
holds in the end, and what it lacks, is what Python says of each."""

import datetime
import decimal
import json
import random
import re
import sqlite3
import struct

import support

TYPES = {
    "bigints": "as: bigint",
    "integers": "as: integer",
    "smallints": "as: smallint",
    "decimals": 'as: "numeric(20,8)"',
    "plain_decimals": "as: numeric",
    "doubles": "as: double precision",
    "reals": "as: real",
    "jsons": "as: json",
    "texts": "as: text",
    "booleans": "as: boolean",
    "seconds": "as: timestamptz, unit: s",
    "milliseconds": "as: timestamptz, unit: ms",
    "microseconds": "as: timestamptz, unit: us",
    "nanoseconds": "as: timestamptz, unit: ns",
    "timestamps": "as: timestamp, unit: ms",
    "dates": "as: date, unit: ms",
}
UNITS = {"seconds": 10**6, "milliseconds": 1000, "microseconds": 1, "nanoseconds": decimal.Decimal("0.001"), "timestamps": 1000,
         "dates": 1000}
BITS = {"bigints": 63, "integers": 31, "smallints": 15}
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
EARLIEST_US, LATEST_US = -62135596800 * 10**6, 253402300800 * 10**6 - 1
REFUSED = object()


class Number(str):
    """A JSON number as it was written."""


def values(generator):
    """The value of a document, as its text; most are JSON."""
    digits = lambda count: "".join(generator.choice("0123456789") for _ in range(count))
    whole = lambda count: str(int("1" + digits(generator.randrange(count))))
    sign = lambda: generator.choice(["", "", "-"])
    number = generator.choice([
        lambda: sign() + whole(4), lambda: sign() + whole(20), lambda: sign() + whole(26),
        lambda: sign() + whole(14) + "." + digits(generator.randrange(1, 11)),
        lambda: sign() + "0." + digits(generator.randrange(1, 12)),
        lambda: sign() + whole(3) + generator.choice("eE") + generator.choice(["", "+", "-"]) + str(generator.randrange(30)),
        lambda: sign() + whole(3) + "." + digits(3) + "e" + str(generator.randrange(-320, 320)),
        lambda: str(generator.choice([0, 1, -1, 2**31 - 1, 2**31, -2**31, -2**31 - 1, 2**63 - 1, 2**63, -2**63, 2**64, 2**64 + 1])),
        lambda: str(generator.randrange(EARLIEST_US, LATEST_US) // generator.choice([1, 10**3, 10**6])),
        lambda: str(generator.randrange(EARLIEST_US, LATEST_US) * 1000 + generator.randrange(1000)),
        lambda: generator.choice(["253402300799", "253402300800", "-62135596800", "-62135596801", "253402300799999999999",
                                  "253402300800000000000", "1e400", "-1e400", "1e-400", "0e999", "-0", "-0.0", "5e-324"]),
    ])()
    return generator.choice([
        lambda: number, lambda: number, lambda: number, lambda: f'"{number}"',
        lambda: generator.choice(["+1", "0x10", "NaN", "Infinity", "-Infinity", "1_000", "5.", ".5", "01", "-", "1e", "--1", "1,5"]),
        lambda: '"' + generator.choice(["+1", "0x10", "NaN", "inf", "1_000", "5.", ".5", "1e", "", " 1", "1 ", "-"]) + '"',
        lambda: generator.choice(["true", "false", "null", "tru", "nul", "True", '"true"', '"x"', '"\\u00e9\\n\\""', '"\\ud83d\\ude00"',
                                  '"\\x"', "'x'", "{}", "[]", "[1,]", "{\"a\":1,}", "[1,2", "{\"a\":[1,{\"b\":null}]}"]),
        lambda: '"' + (EPOCH + datetime.timedelta(microseconds=generator.randrange(EARLIEST_US, LATEST_US))).isoformat()
                .replace("+00:00", generator.choice(["Z", "+00:00"])) + '"',
        lambda: '"' + str(datetime.date.fromordinal(generator.randrange(1, 3652060))) + '"',
        lambda: "[" * generator.randrange(1, 400) + number + "]" * generator.randrange(1, 400),
    ])()


def refuse_constant(_):
    raise ValueError


def parsed(text):
    try:
        return json.loads(text, parse_float=Number, parse_int=Number, parse_constant=refuse_constant)
    except (ValueError, RecursionError):
        return REFUSED


def time_of(text, unit):
    try:
        us = (decimal.Decimal(text) * unit).to_integral_value(decimal.ROUND_FLOOR)
    except (decimal.InvalidOperation, decimal.Overflow):
        return REFUSED
    if not EARLIEST_US <= us <= LATEST_US:
        return REFUSED
    return (EPOCH + datetime.timedelta(microseconds=int(us))).strftime("%Y-%m-%dT%H:%M:%S.%fZ").zfill(27)


def number_of(kind, text):
    """What a column of this type keeps of a number, which may have stood in quotes."""
    if not NUMBER.fullmatch(text):
        return REFUSED
    if kind in BITS:
        most = 2**BITS[kind]
        return int(text) if re.fullmatch(r"-?[0-9]+", text) and -most <= int(text) < most else REFUSED
    if kind in ("doubles", "reals"):
        value = float(text) if kind == "doubles" else single(text)
        underflows = value == 0 and decimal.Decimal(text) != 0
        return REFUSED if value in (float("inf"), float("-inf")) or underflows else value
    value = decimal.Decimal(text)
    if kind == "decimals":
        if value != value.quantize(decimal.Decimal("1e-8")) if abs(value) < 10**13 else True:
            return REFUSED
        return value if abs(value) < 10**12 else REFUSED
    if kind == "plain_decimals":
        before, behind = value.adjusted() + 1, -value.as_tuple().exponent
        return value if value == 0 or (before <= 1000 and behind <= 1000) else REFUSED
    return of_kind(kind, time_of(text, UNITS[kind]))


def single(text):
    """The nearest float of 32 bits."""
    try:
        return struct.unpack("f", struct.pack("f", float(text)))[0]
    except OverflowError:
        return float("inf")


def of_kind(kind, time):
    """As a column of this type keeps a time."""
    if time is REFUSED:
        return REFUSED
    return time[:10] if kind == "dates" else time[:26] if kind == "timestamps" else time


def expected(kind, text):
    value = parsed(text)
    if value is REFUSED or value is None:
        return REFUSED
    if kind == "jsons":
        return value
    if isinstance(value, bool):
        return int(value) if kind == "booleans" else REFUSED
    if isinstance(value, Number):
        return REFUSED if kind in ("texts", "booleans") else number_of(kind, value)
    if not isinstance(value, str) or kind == "booleans":
        return REFUSED
    if kind == "texts":
        return value
    if kind in UNITS and "T" in value:
        # Python reads years of four digits, as the generator writes them.
        at = datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
        return of_kind(kind, time_of(str((at - EPOCH) // datetime.timedelta(microseconds=1)), 1))
    if kind == "dates" and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return value
    return number_of(kind, value)


class ColumnsTest(support.Case):
    def test_what_is_stored_is_what_python_says(self):
        decimal.getcontext().prec = 3000
        generator = random.Random(20261128)
        documents = [values(generator) for _ in range(4000)]
        (self.directory / "in.jsonl").write_text("".join(f'{{"id":{i},"v":{text}}}\n' for i, text in enumerate(documents)))
        nodes = "".join(
            f"  {kind}: {{ type: sqlite, path: out.db, table: {kind}, columns: {{ id: {{ as: bigint }}, v: {{ {column} }} }}, "
            f"conflict: [id] }}\n" for kind, column in TYPES.items())
        edges = "".join(f"  - {{ from: documents, to: {kind}, dead_letter: {{ to: rejects, stop_after: 1000000 }} }}\n"
                        for kind in TYPES)
        (self.directory / "graph.yaml").write_text(
            "graph: columns\nnodes:\n"
            "  documents: { type: replay, path: in.jsonl, speed: flat, malformed: discard }\n"
            f"  rejects: {{ type: file, path: rejects.jsonl, envelope: true }}\n{nodes}edges:\n{edges}")
        code, _, err = self.run_command("run", self.directory / "graph.yaml")
        self.assertEqual(code, 0, err)
        store = sqlite3.connect(self.directory / "out.db")
        wrong = []
        for kind in TYPES:
            stored = dict(store.execute(f"SELECT id, v FROM {kind}"))
            for i, text in enumerate(documents):
                want, got = expected(kind, text), stored.get(i, REFUSED)
                if got is not REFUSED and kind == "jsons":
                    got = parsed(got)
                if got is not REFUSED and kind in ("decimals", "plain_decimals"):
                    got = decimal.Decimal(got)
                if (want is REFUSED) != (got is REFUSED) or (want is not REFUSED and want != got):
                    wrong.append((kind, text[:80], str(want)[:80], str(got)[:80]))
            self.assertGreater(len(stored), 20, kind)
        self.assertEqual(wrong[:20], [], f"{len(wrong)} values differ")


if __name__ == "__main__":
    support.main()
