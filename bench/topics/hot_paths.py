# SPDX-License-Identifier: Apache-2.0
"""Each piece of work that is done for every record or batch, alone, by bench_hot_paths."""
import json
import subprocess

from harness.program import RunFailed

TITLE = "hot paths, each alone"
PARTS = ()


def estimate_s(bench):
    return 12


def run(bench):
    ran = subprocess.run([bench.bin / "bench_hot_paths", "--benchmark_format=json"], check=False, capture_output=True,
                         text=True)
    if ran.returncode != 0:
        raise RunFailed(f"bench_hot_paths: {ran.stderr.strip()}")
    for each in json.loads(ran.stdout)["benchmarks"]:
        name = each["name"].split("/")[0]
        bench.report.keep("hot_paths", name, is_shown=False, ns=each["ns"])
        bench.report.figure(f"{name.replace('_', ' ')}, {each['label']}", "hot_paths", name, "ns", "ns")
