// SPDX-License-Identifier: Apache-2.0
// Where the time of records goes between a source and a sink: waiting in an edge, held by a node, being settled by the
// sink. A way is everything that lies between the two, in order, also where it forks and joins; dead letters apart.
// Made of two Reports of one run, so it knows no clock; the earlier may be empty, then it is of the whole run. Pure.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/report.hpp"

namespace sluice::engine {

enum class PartKind : uint8_t { waiting, held, settling };
std::string_view word(PartKind kind);

struct LatencyPart {
  PartKind kind = PartKind::waiting;
  std::string name;  ///< of the edge; of the node where it holds; of the sink
  int64_t p50_ns = 0;
  int64_t p99_ns = 0;
};

struct LatencyWay {
  std::string source;
  std::string sink;
  std::vector<LatencyPart> parts;  ///< those that records went through between the reports, in order
  size_t largest = 0;              ///< of parts, by p99; meaningless without any
};

std::vector<LatencyWay> latency_ways(const Report& before, const Report& now);

/// "held by trade_batch", "waiting in route.trades -> trade_log", "settling in trades".
std::string part_text(const LatencyPart& part);

}  // namespace sluice::engine
