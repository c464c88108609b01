#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""graphs.py BUILD_DIR: every graph in graphs/ and in the documentation validates with the built program."""
import json
import os
import re
import subprocess
import sys
import tempfile

import tree

BLOCK = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)


def problems_of(program, path, shown):
    environment = dict(os.environ, CAPTURE="capture.gz")
    ran = subprocess.run([program, "validate", "--json", path], capture_output=True, text=True, env=environment)
    try:
        answer = json.loads(ran.stdout)
    except ValueError:
        return [f"{shown}: sluice validate --json wrote no JSON: {ran.stdout[:200]}{ran.stderr[:200]}"]
    errors = [one for one in answer["diagnostics"]["diagnostics"] if one["severity"] == "error"]
    found = [f"{shown}:{one['line']}:{one['column']}: [{one['code']}] {one['subject']}: {one['sentence']}" for one in errors]
    if not found and ran.returncode != 0:
        found.append(f"{shown}: sluice validate ended with {ran.returncode} and named no error")
    return found


def blocks(path):
    """(line, text) of every YAML block that is a whole graph."""
    text = tree.read(path)
    for found in BLOCK.finditer(text):
        lines = [line for line in found.group(1).splitlines() if line and not line.startswith("#")]
        if lines and lines[0].startswith("graph:"):
            yield text.count("\n", 0, found.start(1)) + 1, found.group(1)


def main():
    program = tree.program(sys.argv)
    problems = []
    count = 0
    for path in tree.tracked("graphs/*.yaml"):
        count += 1
        problems += problems_of(program, os.path.join(tree.ROOT, path), path)
    with tempfile.TemporaryDirectory() as directory:
        # The graphs of docs/reference are broken on purpose; the tests of the validator run those.
        for path in tree.tracked("*.md", ":!docs/reference"):
            for line, text in blocks(path):
                count += 1
                copy = os.path.join(directory, "graph.yaml")
                with open(copy, "w", encoding="utf-8") as file:
                    file.write(text)
                problems += problems_of(program, copy, f"{path}, block at line {line}")
    tree.finish(problems, f"{count} graphs validate")


main()
