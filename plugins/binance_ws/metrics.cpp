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
      malformed_discarded(context.counter("malformed_discarded_total", "Malformed messages that went nowhere.")),
      unknown_streams(context.counter("unknown_streams_total", "Messages of streams that were not requested.")),
      control_replies(context.counter("control_replies_total", "Answers to requests, and errors of the exchange.")),
      server_shutdowns(context.counter("server_shutdowns_total", "Announcements that the exchange closes soon.")),
      gaps(context.counter("gaps_total", "Lost connections that had carried events of the streams.")),
      missing_ids(context.counter("missing_ids_total", "Ids of trade and aggTrade that were found missing.")),
      repaired_ids(context.counter("repaired_ids_total", "Missing ids that came later.")),
      permanent_ids(context.counter("permanent_ids_total", "Missing ids that will not come.")),
      repeats(context.counter("repeats_total", "Events that had come before, and were not emitted again.")),
      regressions(context.counter("regressions_total", "Events at which the ids of their stream went back.")),
      repair_requests(context.counter("repair_requests_total", "Requests to the REST interface.")),
      holds_over(context.counter("holds_over_total", "Streams that went on before their repair was done.")),
      open_gaps(context.gauge("open_gaps", "Gaps of which ids are still missing and may come.")),
      open_ids(context.gauge("open_ids", "Ids that are still missing and may come.")),
      open_since(context.gauge("open_since_seconds",
                               "The last event before the oldest open gap, in seconds since 1970; 0: none is open.")),
      held_records(context.gauge("held_records", "Records that are held back until ids before them are repaired.")),
      held_bytes(context.gauge("held_bytes", "The memory that these records take.")) {
  constexpr std::string_view types[] = {"trade", "agg_trade", "book_ticker"};
  for (size_t i = 0; i < of_type.size(); ++i) {
    const std::string type(types[i]);
    of_type[i] = {context.counter("gaps_found_" + type + "_total", "Gaps in the ids of such streams."),
                  context.counter("gaps_repaired_" + type + "_total", "Gaps of which all ids came later."),
                  context.counter("gaps_permanent_" + type + "_total", "Gaps of which some ids will not come.")};
  }
  for (uint64_t i = 0; i < cause_count; ++i) {
    reconnects[i] = context.counter("reconnects_" + std::string(cause_names[i].name) + "_total",
                                    "Connections lost or not had: " + std::string(cause_names[i].help) + ".");
  }
}

}  // namespace sluice::binance
