# SPDX-License-Identifier: Apache-2.0
"""Hops and wakes inside of the engine, by bench_micro, beside moodycamel's queues and oneTBB's graph."""
import json
import re
import subprocess

from harness.program import RunFailed

TITLE = "hops and wakes"
PARTS = ()
RIVALS = {"moodycamel_circular_buffer": "moodycamel BlockingReaderWriterCircularBuffer (bounded)",
          "moodycamel_readerwriterqueue": "moodycamel BlockingReaderWriterQueue (no bound)",
          "moodycamel_concurrentqueue": "moodycamel BlockingConcurrentQueue (no bound)",
          "tbb_queueing_hop": "oneTBB flow_graph, queueing function_node"}


def estimate_s(_):
    return 35


def run(bench):
    ran = subprocess.run([bench.bin / "bench_micro", "--benchmark_format=json"], check=False, capture_output=True,
                         text=True)
    if ran.returncode != 0:
        raise RunFailed(f"bench_micro: {ran.stderr.strip()}")
    found = {}
    for each in json.loads(ran.stdout)["benchmarks"]:
        name = re.sub(r"/(iterations|manual_time).*", "", each["name"])
        found[name] = each
        bench.report.keep("hops", name, **{key: each[key] for key in ("cpu_ns_a_batch", "p50_us", "p99_us") if key in each})
    value = bench.report.value
    for records in (1, 64):
        value(f"direct hop, {records} a batch: processor time a batch", found[f"direct_hop/records:{records}"]["cpu_ns_a_batch"],
              "ns", 20 + records / 2)
    value("  oneTBB flow_graph, lightweight function_node", found["tbb_lightweight_hop"]["cpu_ns_a_batch"], "ns")
    for records in (1, 64):
        for work, which, goal in ((1500, "edge full", 150 + records / 2), (0, "sink waits", None)):
            value(f"buffered hop, {records} a batch, {which}: processor time a batch",
                  found[f"stage_hop/records:{records}/sink_work:{work}"]["cpu_ns_a_batch"], "ns", goal)
    for records in (1, 64):
        value(f"its queue alone, {records} a batch", found[f"edge_queue/records:{records}"]["cpu_ns_a_batch"], "ns")
    for name, title in RIVALS.items():
        value(f"  {title}", found[name]["cpu_ns_a_batch"], "ns")
    value("waking an idle stage, p50", found["wake_stage"]["p50_us"], "us", 15)
    value("waking an idle stage, p99", found["wake_stage"]["p99_us"], "us")
    value("  moodycamel BlockingReaderWriterQueue, p50", found["wake_moodycamel_readerwriterqueue"]["p50_us"], "us")
