#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""walls.py: who may include whom, and which words the engine must not know.

plugins/* see the SDK and themselves, never each other and never the engine; the engine sees the SDK; cli sees both; the
SDK sees none of them. The engine knows no plugin: the words below do not occur in it, comments included.
"""
import os
import re

import tree

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"]+)[>"]', re.MULTILINE)
FOREIGN_WORDS = re.compile(r"kafka|binance|timescale|postgres|sqlite", re.IGNORECASE)
# Where an include is looked for, after the directory of the file itself; the build has the same list.
ROOTS = ["sdk/include", "sdk/columns/include", "sdk/net/include", "sdk/testing/include", "sdk/testing", "sdk", "engine", "cli",
         "tests/support", "tools/binance_sim", "tests", "."]
# The part of the house -> the parts it may include, besides itself.
ALLOWED = {
    "sdk/include": [],
    "sdk/records": ["sdk/include"],
    "sdk/columns": ["sdk/include"],
    "sdk/net": ["sdk/include"],
    "sdk/example": ["sdk/include"],
    "sdk/testing": ["sdk/include", "sdk/records", "tests/support"],
    "engine": ["sdk/include", "sdk/records"],
    "cli": ["engine", "sdk/include"],
    "plugin": ["sdk/include", "sdk/columns", "sdk/net"],
    "plugin tests": ["sdk/include", "sdk/columns", "sdk/net", "sdk/testing", "tests/support"],
    "tools": ["tools/binance_sim"],
}


def part_of(path):
    """(the part, the plugin it belongs to or None)"""
    names = path.split("/")
    if names[0] == "plugins" and len(names) > 2:
        return ("plugin tests" if names[2] == "tests" else "plugin"), names[1]
    for depth in (2, 1):
        part = "/".join(names[:depth])
        if part in ALLOWED or part in ("tests/support", "tools/binance_sim"):
            return part, None
    return names[0], None


def resolve(path, name, files):
    here = os.path.dirname(path)
    candidates = [os.path.normpath(os.path.join(here, name))]
    if path.startswith("plugins/"):
        candidates.append(os.path.normpath(os.path.join(*path.split("/")[:2], name)))
    candidates += [os.path.normpath(os.path.join(root, name)) for root in ROOTS]
    return next((candidate for candidate in candidates if candidate in files), None)


def include_problems(files):
    known = set(files)
    for path in files:
        part, plugin = part_of(path)
        if part not in ALLOWED:
            continue  # tests and benchmarks may look at everything
        text = tree.read(path)
        for found in INCLUDE.finditer(text):
            target = resolve(path, found.group(1), known)
            if target is None:
                continue  # the system's, or a library's
            target_part, target_plugin = part_of(target)
            if plugin is not None and target_plugin == plugin:
                if part == "plugin" and target_part == "plugin tests":
                    yield path, text, found, f"{target}, a test"
                continue
            if target_part != part and target_part not in ALLOWED[part] or target_plugin != plugin and target_plugin:
                allowed = ", ".join(ALLOWED[part]) or "nothing else"
                yield path, text, found, f"{target}; {part} may include itself and {allowed}"


def main():
    files = tree.tracked("*.hpp", "*.cpp", "*.h", "*.c")
    problems = []
    for path, text, found, why in include_problems(files):
        line = text.count("\n", 0, found.start(1)) + 1
        problems.append(f"{path}:{line}: includes {why}")
    for path in tree.tracked("engine/*"):
        for number, line in enumerate(tree.read(path).splitlines(), 1):
            word = FOREIGN_WORDS.search(line)
            if word:
                problems.append(f'{path}:{number}: says "{word.group(0)}"; the engine knows no plugin')
    for path in tree.tracked("plugins/*CMakeLists.txt"):
        for number, line in enumerate(tree.read(path).splitlines(), 1):
            library = re.search(r"\bsluice_(graph|loader|options|observe|runtime|validate|cli\w*|records)\b", line)
            if library and "/tests/" not in path:
                problems.append(f"{path}:{number}: links {library.group(0)}; a plugin links the SDK and libraries only")
    tree.finish(problems, f"{len(files)} files keep to the walls")


main()
