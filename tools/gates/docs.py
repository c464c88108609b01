#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs.py BUILD_DIR [--write]: the documentation agrees with the program and with itself.

docs/reference is what reference.py makes of the built program, the README's picture is what `sluice graph` draws (--write
renews both), docs/cli.md has the program's exit codes, and every link to a file of the project leads to one.
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

LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
PICTURE = re.compile(r"^```mermaid\n.*?^```", re.MULTILINE | re.DOTALL)
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
            target = found.group(1).split("#")[0]
            if not target or re.match(r"[a-z]+:", target):
                continue
            there = os.path.normpath(os.path.join(tree.ROOT, os.path.dirname(path), target))
            if not os.path.exists(there):
                line = text.count("\n", 0, found.start()) + 1
                yield f"{path}:{line}: links to {target}, which is not there"


def readme_with_picture(program):
    graph = os.path.join(tree.ROOT, "graphs", "quickstart.yaml")
    drawn = subprocess.run([program, "graph", graph], capture_output=True, text=True, check=True).stdout
    return PICTURE.sub(lambda _: f"```mermaid\n{drawn.rstrip()}\n```", tree.read("README.md"), count=1)


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
            readme = readme_with_picture(program)
            with open(os.path.join(tree.ROOT, "README.md"), "w", encoding="utf-8") as file:
                file.write(readme)
        problems = list(drift(made, kept))
        pages = len(names_in(made))
    if readme_with_picture(program) != tree.read("README.md"):
        problems.append("README.md: its picture is not what `sluice graph` draws; run tools/gates/docs.py BUILD_DIR --write")
    problems += missing_exit_codes(program)
    problems += broken_links()
    tree.finish(problems, f"{pages} pages of reference agree with the program, and links lead somewhere")


main()
