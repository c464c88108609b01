#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""paths.py: nothing in the project names a place that only its developers have.

That is a directory of somebody's machine, or a host that mirrors packages.
"""
import re

import tree

MACHINE = re.compile(r"(?<![\w./:}\])~-])/(?:home|root|Users|work|workspace|workspaces|builds)/[\w.-]+")
HOSTS = re.compile(r"\b[\w.-]*(?:artifactory|jfrog|nexus\.|pypi\.|registry\.npmjs|deb\.debian|proxy\.golang)[\w.-]*", re.IGNORECASE)
TEXT = ("*.hpp", "*.cpp", "*.h", "*.c", "*.py", "*.sh", "*.md", "*.yaml", "*.yml", "*.json", "*.txt", "*.cmake",
        "*.expected", "*.map", ".ci/*", ".clang-format", "quickstart", "check")


def main():
    problems = []
    files = [path for path in tree.tracked(*TEXT) if path != "tools/gates/paths.py"]
    for path in files:
        for number, line in enumerate(tree.read(path).splitlines(), 1):
            found = MACHINE.search(line) or HOSTS.search(line)
            if found:
                problems.append(f"{path}:{number}: names {found.group(0)}, which only one machine or network has")
    tree.finish(problems, f"{len(files)} files name no place of their own")


main()
