# SPDX-License-Identifier: Apache-2.0
"""One module a topic. Each has TITLE, PARTS (what --part may choose of it), estimate_s(bench) and run(bench)."""
from . import buffer, burst, discard, growth, hops, hot_paths, ingest, latency, memory, start, to_row, waiting

ALL = {"hops": hops, "hot_paths": hot_paths, "discard": discard, "start": start, "ingest": ingest,
       "latency": latency, "burst": burst, "memory": memory, "growth": growth, "buffer": buffer, "to_row": to_row, "waiting": waiting}
