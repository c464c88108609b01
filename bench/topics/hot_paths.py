# SPDX-License-Identifier: Apache-2.0
"""Each piece of work that is done for every record or batch, alone, by bench_hot_paths."""
from harness.program import google_benchmarks

TITLE = "hot paths, each alone"
PARTS = ()


def estimate_s(bench):
    return 12


def run(bench):
    for each in google_benchmarks(bench.bin / "bench_hot_paths"):
        name = each["name"].split("/")[0]
        bench.report.keep("hot_paths", name, is_shown=False, ns=each["ns"])
        bench.report.figure(f"{name.replace('_', ' ')}, {each['label']}", "hot_paths", name, "ns", "ns")
