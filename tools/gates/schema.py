#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""schema.py BUILD_DIR: `sluice schema` writes JSON that knows every node type and every key of a graph."""
import json
import subprocess
import sys

import reference
import tree


def main():
    program = tree.program(sys.argv)
    ran = subprocess.run([program, "schema"], capture_output=True, text=True)
    problems = []
    try:
        schema = json.loads(ran.stdout)
    except ValueError as error:
        tree.finish([f"sluice schema: writes no JSON: {error}"], "")
    if ran.returncode != 0:
        problems.append(f"sluice schema: ended with {ran.returncode}: {ran.stderr.strip()}")
    for key in ("graph", "processes", "nodes", "edges", "require", "latency"):
        if key not in schema.get("properties", {}):
            problems.append(f"sluice schema: does not know the key `{key}` of a graph")
    types = [name for name, _, _ in reference.node_types(program)]
    for name in types:
        if f'"{name}"' not in ran.stdout:
            problems.append(f'sluice schema: does not know the node type "{name}"')
    tree.finish(problems, f"the schema knows {len(types)} node types")


main()
