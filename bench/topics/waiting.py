# SPDX-License-Identifier: Apache-2.0
"""Records that wait in Kafka while the buffer process works on them: what is resident does not grow with how many."""
import statistics
import time

from harness.contenders import SLUICE, Sluice
from harness.program import RunFailed
from harness.servers import Place

TITLE = "records wait in Kafka"
PARTS = ()
RECORDS = 5_000_000


def estimate_s(bench):
    return bench.scaled(45, 15) + 10 + 25 * bench.scale


def run(bench):
    records, seconds = bench.scaled(RECORDS), bench.scaled(45, 15)
    place = Place(bench, records)
    bench.servers.empty_tables()
    program = Sluice(bench, "buffer").start(place, place.new_group(), records=records, needs_database=True)
    resident_mib = []
    for _ in range(seconds):
        time.sleep(1)
        resident_mib.append(program.status_mib("VmRSS"))
    peak_mib = program.status_mib("VmHWM")
    program.stop()
    if program.code != 0:
        raise RunFailed(f"the buffer process ended with {program.code}: {program.words()}")
    place.remove()
    growth = statistics.median(resident_mib[-5:]) / statistics.median(resident_mib[5:10])
    bench.report.keep("waiting", SLUICE, peak_mib=peak_mib, growth=growth, resident_mib=resident_mib)
    bench.report.figure(f"buffer: resident while {records:,} records wait, peak", "waiting", SLUICE, "peak_mib", "MiB")
    bench.report.figure(f"  after {seconds} s, as a multiple of that after 5 to 10 s", "waiting", SLUICE, "growth", "times", 1.1)
