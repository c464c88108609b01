# SPDX-License-Identifier: Apache-2.0
"""`continuity` in a graph: all records are passed on, every id that is missing is in a report, and the receipt balances."""

import json
import random

import support

GRAPH = """
graph: checked
nodes:
  capture:
    type: replay
    path: lines.jsonl
    speed: flat
    attributes:
      stream: { from: stream }
      id:     { from: id, as: integer }
  check: { type: continuity, key: stream, id: ID }
  all:   { type: file, path: all.jsonl }
  gaps:  { type: file, path: gaps.jsonl }
  bad:   { type: discard }
edges:
  - { from: capture, to: check, buffer: { records: 100, bytes: 1MiB } }
  - { from: check.out, to: all, buffer: { records: 100, bytes: 1MiB } }
  - { from: check.gaps, to: gaps, buffer: { records: 10, bytes: 1MiB } }
  - capture.malformed -> bad
"""


class ContinuityTest(support.Case):
    def lines(self):
        """Lines of three series in turn, some left out; the lines, and what is missing."""
        generator, lines, missing = random.Random(24), [], {}
        ids = {"a": 1, "b": 1000, "c": -7}
        for _ in range(20_000):
            stream = generator.choice("abc")
            if generator.random() < 0.02 and any(json.loads(line)["stream"] == stream for line in lines[-50:]):
                leap = generator.randrange(1, 9)
                missing.setdefault(stream, []).extend(range(ids[stream], ids[stream] + leap))
                ids[stream] += leap
            lines.append(json.dumps({"stream": stream, "id": ids[stream]}, separators=(",", ":")))
            ids[stream] += 1
        return lines, missing

    def check(self, place):
        lines, missing = self.lines()
        (self.directory / "lines.jsonl").write_text("\n".join(lines) + "\n")
        graph = self.directory / "checked.yaml"
        graph.write_text(GRAPH.replace("ID", place))
        result = support.Sluice(self, graph).result()
        self.assertEqual(result.code, 0, result.stderr)
        self.assertTrue(result.receipt["balanced"], result.stdout)
        self.assertEqual((self.directory / "all.jsonl").read_text().splitlines(), lines)
        found, reports = {}, [json.loads(line) for line in (self.directory / "gaps.jsonl").read_text().splitlines()]
        for report in reports:
            self.assertEqual(report["state"], "found")
            found.setdefault(report["key"], []).extend(range(report["first_id"], report["last_id"] + 1))
        self.assertEqual(found, missing)
        self.assertGreater(len(reports), 100)
        self.assertEqual(result.metric("check", "gaps_total"), len(reports))
        self.assertEqual(result.metric("check", "missing_ids_total"), sum(map(len, missing.values())))
        account = result.node("capture")["account"]
        self.assertEqual((account["received"], account["made"]), (len(lines), len(reports)))
        self.assertEqual(account["delivered"], len(lines) + len(reports))

    def test_ids_of_an_attribute(self):
        self.check("{ attribute: id }")

    def test_ids_of_the_payload(self):
        self.check("{ from: [nothing, id] }")


if __name__ == "__main__":
    support.main()
