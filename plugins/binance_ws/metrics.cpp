// SPDX-License-Identifier: Apache-2.0
#include "metrics.hpp"

#include <string>

namespace sluice::binance {

Metrics::Metrics(Context context)
    : frames(context.counter("frames_total", "Messages that came, of every kind but pings.")),
      bytes(context.counter("bytes_total", "Bytes that came over open websockets, framing included.")),
      pings(context.counter("pings_total", "Pings that came; each is answered.")),
      connections(context.counter("connections_total", "Websockets that were opened.")),
      malformed(context.counter("malformed_total", "Messages that no record could be made of.")),
      malformed_discarded(context.counter("malformed_discarded_total", "Those of them that went nowhere.")),
      unknown_streams(context.counter("unknown_streams_total", "Messages of streams that nobody asked for.")),
      control_replies(context.counter("control_replies_total", "Answers to requests, and errors of the exchange.")),
      server_shutdowns(context.counter("server_shutdowns_total", "Announcements that the exchange closes soon.")),
      gaps(context.counter("gaps_total",
                           "Connections that had carried events and were lost: those between are missing.")) {
  for (uint64_t i = 0; i < cause_count; ++i) {
    reconnects[i] = context.counter("reconnects_" + std::string(cause_names[i].name) + "_total",
                                    "Connections lost or not had: " + std::string(cause_names[i].help) + ".");
  }
}

}  // namespace sluice::binance
