# SPDX-License-Identifier: Apache-2.0
"""What the gates share: the files that git tracks, and how a gate says what is wrong and ends."""
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def tracked(*patterns):
    """Paths relative to the root, of files that are there and match one of git's patterns (all without any)."""
    # A checkout may belong to another user, as in a container.
    git = ["git", "-c", "safe.directory=*", "-C", ROOT]
    listed = subprocess.run([*git, "ls-files", "-z", "--", *patterns], capture_output=True)
    if listed.returncode == 0 and listed.stdout:
        names = listed.stdout.decode().split("\0")
        return sorted(name for name in names if name and os.path.isfile(os.path.join(ROOT, name)))
    sys.exit("the gates need git and a checkout: they look at tracked files only")


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8", errors="replace") as file:
        return file.read()


def program(arguments):
    """The built program of the build directory that was given on the command line."""
    if len(arguments) < 2:
        sys.exit(f"usage: {os.path.basename(arguments[0])} BUILD_DIR")
    path = os.path.join(os.path.abspath(arguments[1]), "bin", "sluice")
    if not os.access(path, os.X_OK):
        sys.exit(f"{path} is not there; build the target sluice first")
    return path


def finish(problems, all_good):
    """Prints one line a problem and ends with 1, or the summary and ends with 0."""
    for problem in problems:
        print(problem)
    if problems:
        sys.exit(1)
    print(all_good)
