# SPDX-License-Identifier: Apache-2.0
"""The machine and the build: what a figure is worth nothing without."""
import os
import pathlib
import re
import subprocess
import sys


def build_release(root):
    """Configures and builds the preset `bench`; returns its directory."""
    print("building into build/bench", flush=True)
    if subprocess.run([root / "tools" / "build.sh", "bench", "all"], check=False).returncode != 0:
        sys.exit("bench/run: the build failed; see above")
    return root / "build" / "bench"


def check_packages(root):
    """Ends the program when one is missing that the benchmarks or their servers need."""
    ran = subprocess.run([root / "tools" / "packages.sh", "missing", "test"], check=True, capture_output=True, text=True)
    if ran.stdout:
        sys.exit(f"bench/run: these packages are missing: {' '.join(ran.stdout.split())}; run tools/packages.sh test")


def about(build):
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text())
    cache = (build / "CMakeCache.txt").read_text()
    kind = re.search(r"CMAKE_BUILD_TYPE:\w+=(.*)", cache)[1]
    flags = re.search(rf"CMAKE_CXX_FLAGS_{kind.upper()}:\w+=(.*)", cache)
    return (f"{os.cpu_count()} cores of {model[1] if model else os.uname().machine}, "
            f"{int(memory[1]) // 1024 // 1024} GiB, Linux {os.uname().release.split('-')[0]}, "
            f"build type {kind} ({flags[1] if flags else ''})")


def commit(root):
    ran = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=root, check=False, capture_output=True, text=True)
    return ran.stdout.strip() or "no checkout"
