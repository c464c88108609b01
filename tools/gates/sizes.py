#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""sizes.py: no file of code has more than 400 lines, no test more than 700; prints how long files are."""
import tree

BUCKETS = [60, 110, 150, 260, 400, 700]


def main():
    problems = []
    lengths = []
    for path in tree.tracked("*.hpp", "*.cpp", "*.h", "*.c", "*.py", "*.sh"):
        length = tree.read(path).count("\n")
        is_test = path.startswith("tests/") or "/tests/" in path
        lengths.append(length)
        most = 700 if is_test else 400
        if length > most:
            problems.append(f"{path}: has {length} lines; the most is {most}, so split it by what its parts are for")
    lengths.sort()
    lower = 0
    for upper in BUCKETS:
        count = sum(lower < length <= upper for length in lengths)
        print(f"{lower + 1:>4} to {upper:>3} lines  {count:>4}  {'#' * round(60 * count / len(lengths))}")
        lower = upper
    median = lengths[len(lengths) // 2]
    ninth = lengths[len(lengths) * 9 // 10]
    tree.finish(problems, f"{len(lengths)} files: median {median} lines, nine in ten under {ninth + 1}, longest {lengths[-1]}")


main()
