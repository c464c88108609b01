#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""self_test.py: the gates that need no build find what they are for, tried on a copy of the tree with faults in it."""
import os
import shutil
import subprocess
import tempfile

import tree

# What is written where (or made of what is there), the gate that must see it, and what it must say.
FAULTS = [
    ("walls.py", "engine/loader/fault.cpp", '#include "../../plugins/flow/route.hpp"\n', "includes plugins/flow/route.hpp"),
    ("walls.py", "plugins/flow/fault.cpp", '#include "graph/plan.hpp"\n', "includes engine/graph/plan.hpp"),
    ("walls.py", "plugins/sqlite/fault.cpp", '#include "../flow/route.hpp"\n', "includes plugins/flow/route.hpp"),
    ("walls.py", "plugins/sqlite/fault2.cpp", '#include "records/batch.hpp"\n', "includes sdk/records/batch.hpp"),
    ("walls.py", "sdk/columns/src/fault.cpp", '#include "graph/plan.hpp"\n', "includes engine/graph/plan.hpp"),
    ("walls.py", "cli/fault.cpp", '#include "../plugins/sqlite/sql.hpp"\n', "includes plugins/sqlite/sql.hpp"),
    ("walls.py", "engine/graph/fault.hpp", "// Kafka\n", 'says "Kafka"'),
    ("abi.py", "sdk/include/sluice/abi.h", lambda text: text.replace("  uint32_t attribute_count;", "  uint64_t attribute_count;"),
     "sluice_host.attribute_count was"),
    ("format.sh", "cli/fault2.cpp", "int  x;\n", "is not formatted"),
    ("sizes.py", "cli/fault3.cpp", "// x\n" * 401, "has 401 lines"),
    ("deploy.py", "deploy/systemd/sluice.env.example", "KAFKA_BROKER=x\n", "sets KAFKA_BROKER"),
    ("paths.py", "docs/fault.md", "see /" + "home/somebody/notes\n", "somebody"),
]


def main():
    problems = []
    with tempfile.TemporaryDirectory() as directory:
        copy = os.path.join(directory, "tree")
        for path in tree.tracked():
            os.makedirs(os.path.dirname(os.path.join(copy, path)), exist_ok=True)
            shutil.copy(os.path.join(tree.ROOT, path), os.path.join(copy, path))
        subprocess.run(["git", "-C", copy, "init", "-q"], check=True)
        for _, path, text, _ in FAULTS:
            if callable(text):
                with open(os.path.join(copy, path), encoding="utf-8") as file:
                    text = text(file.read())
            with open(os.path.join(copy, path), "w", encoding="utf-8") as file:
                file.write(text)
        subprocess.run(["git", "-C", copy, "add", "-A"], check=True)
        said = {}
        for gate in sorted({fault[0] for fault in FAULTS}):
            ran = subprocess.run([os.path.join(copy, "tools", "gates", gate)], capture_output=True, text=True)
            said[gate] = ran.stdout.splitlines()
            if ran.returncode == 0:
                problems.append(f"tools/gates/{gate}: passes a tree with faults")
        for gate, path, _, words in FAULTS:
            if not any(line.startswith(f"{path}:") and words in line for line in said[gate]):
                problems.append(f"tools/gates/{gate}: does not say \"{words}\" of {path}")
    tree.finish(problems, f"{len(FAULTS)} faults are found")


main()
