#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs.py BUILD_DIR [--write]: the documentation agrees with the program and with itself.

docs/reference is what reference.py makes of the built program, docs/images is what `sluice graph` draws (--write renews
both), docs/cli.md has the program's exit codes, and every link and picture that names a file of the project has one.
"""
import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile

import reference
import tree

LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)|<img [^>]*src=\"([^\"]+)\"")
# The pictures in docs/images, and the graph and process that each one shows.
PICTURES = {
    "binance-ingest.svg": ("graphs/binance.yaml", "ingest"),
    "binance-buffer.svg": ("graphs/binance.yaml", "buffer"),
}
# Made of stored records, which differ with each run: nothing to compare.
OTHER_PICTURES = {"audit.svg"}
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def names_in(directory):
    return set(os.listdir(directory)) if os.path.isdir(directory) else set()


def drift(made, kept):
    for name in sorted(names_in(made) | names_in(kept)):
        texts = []
        for directory in (kept, made):
            path = os.path.join(directory, name)
            texts.append(open(path, encoding="utf-8").read().splitlines() if os.path.isfile(path) else [])
        changes = list(difflib.unified_diff(*texts, lineterm="", n=0))
        if changes:
            first = next(line for line in changes[2:] if line[0] in "+-")
            yield f"docs/reference/{name}: is not what the program says, first at \"{first}\"; run tools/gates/docs.py BUILD_DIR --write"


def broken_links():
    for path in tree.tracked("*.md"):
        text = FENCE.sub(lambda found: "\n" * found.group(0).count("\n"), tree.read(path))
        for found in LINK.finditer(text):
            target = (found.group(1) or found.group(2)).split("#")[0]
            if not target or re.match(r"[a-z]+:", target):
                continue
            there = os.path.normpath(os.path.join(tree.ROOT, os.path.dirname(path), target))
            if not os.path.exists(there):
                line = text.count("\n", 0, found.start()) + 1
                yield f"{path}:{line}: links to {target}, which is not there"


def pictures(program, is_writing):
    """What is wrong with docs/images, where it is not written anew."""
    directory = os.path.join(tree.ROOT, "docs", "images")
    for name in sorted(names_in(directory) - set(PICTURES) - OTHER_PICTURES):
        yield f"docs/images/{name}: tools/gates/docs.py does not know which graph it shows"
    for name, (graph, process) in PICTURES.items():
        command = [program, "graph", "--format", "svg", "--process", process, os.path.join(tree.ROOT, graph)]
        drawn = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        path = os.path.join(directory, name)
        if is_writing:
            os.makedirs(directory, exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(drawn)
        elif not os.path.isfile(path) or tree.read(path) != drawn:
            yield f"docs/images/{name}: is not what `sluice graph` draws of {graph}; run tools/gates/docs.py BUILD_DIR --write"


def missing_exit_codes(program):
    table = tree.read("docs/cli.md")
    for code, meaning in re.findall(r"^  (\d)  (.+)$", reference.output(program, "--help"), re.MULTILINE):
        if f"| {code} | {meaning} |" not in table:
            yield f'docs/cli.md: lacks the exit code {code} as --help has it: "{meaning}"'


def main():
    program = tree.program(sys.argv)
    kept = os.path.join(tree.ROOT, "docs", "reference")
    with tempfile.TemporaryDirectory() as made:
        reference.generate(program, made)
        if "--write" in sys.argv[2:]:
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(made, kept)
        problems = list(drift(made, kept))
        pages = len(names_in(made))
    problems += pictures(program, "--write" in sys.argv[2:])
    problems += missing_exit_codes(program)
    problems += broken_links()
    tree.finish(problems, f"{pages} pages of reference agree with the program, and links lead somewhere")


main()
