# SPDX-License-Identifier: Apache-2.0
"""Hops and wakes inside of the engine, by bench_micro, beside moodycamel's queues and oneTBB's graph."""
import re

from harness.program import RunFailed, google_benchmarks

TITLE = "hops and wakes"
PARTS = ()
RIVALS = {"moodycamel_circular_buffer": "moodycamel BlockingReaderWriterCircularBuffer (bounded)",
          "moodycamel_readerwriterqueue": "moodycamel BlockingReaderWriterQueue (no bound)",
          "moodycamel_concurrentqueue": "moodycamel BlockingConcurrentQueue (no bound)",
          "tbb_queueing_hop": "oneTBB flow_graph, queueing function_node"}


KEYS = ("cpu_ns_a_batch", "p50_us", "p99_us")
TURNS = 3


def turns(bench):
    return max(1, min(TURNS, bench.pairs // 3))


def estimate_s(bench):
    return 28 * turns(bench)


def once(bench):
    for each in google_benchmarks(bench.bin / "bench_micro"):
        name = re.sub(r"/(iterations|manual_time).*", "", each["name"])
        bench.report.keep("hops", name, **{key: each[key] for key in KEYS if key in each})


def run(bench):
    bench.turns(["bench_micro"], lambda _: once(bench), turns(bench))

    def figure(what, name, key="cpu_ns_a_batch", unit="ns", goal=None):
        if not bench.report.values("hops", name, key):
            raise RunFailed(f"bench_micro has no {key} of {name}")
        bench.report.figure(what, "hops", name, key, unit, goal)

    for records in (1, 64):
        figure(f"direct hop, {records} a batch: processor time a batch", f"direct_hop/records:{records}", goal=20 + records / 2)
    figure("  oneTBB flow_graph, lightweight function_node", "tbb_lightweight_hop")
    for records in (1, 64):
        for work, which, goal in ((1500, "edge full", 150 + records / 2), (0, "sink waits", None)):
            figure(f"buffered hop, {records} a batch, {which}: processor time a batch",
                   f"stage_hop/records:{records}/sink_work:{work}", goal=goal)
    for records in (1, 64):
        figure(f"its queue alone, {records} a batch", f"edge_queue/records:{records}")
    for name, title in RIVALS.items():
        figure(f"  {title}", name)
    figure("waking an idle stage, p50", "wake_stage", "p50_us", "us", 15)
    figure("waking an idle stage, p99", "wake_stage", "p99_us", "us")
    figure("  moodycamel BlockingReaderWriterQueue, p50", "wake_moodycamel_readerwriterqueue", "p50_us", "us")
