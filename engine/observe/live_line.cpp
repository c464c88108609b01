// SPDX-License-Identifier: Apache-2.0
#include "observe/live_line.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "observe/latency_way.hpp"
#include "observe/numbers.hpp"
#include "sluice/abi.h"

namespace sluice::engine {
namespace {

uint64_t rate(uint64_t before, uint64_t now, double seconds) {
  return seconds <= 0 || now < before ? 0 : static_cast<uint64_t>(static_cast<double>(now - before) / seconds + 0.5);
}

uint64_t safe(const NodeReport& node) {
  return node.settled[static_cast<size_t>(records::Verdict::delivered)] +
         node.settled[static_cast<size_t>(records::Verdict::accepted)];
}

/// "  | exchange took 1.1 s, p99 2.1 s, most held by trade_batch (2.0 s)", of what settled between the reports.
void append_latency(const Report& before, const Report& now, std::string& line) {
  const std::vector<LatencyWay> ways = latency_ways(before, now);
  for (size_t i = 0; i < now.nodes.size(); ++i) {
    const NodeReport& node = now.nodes[i];
    const LatencyReport lately = node.account.latency.since(before.nodes[i].account.latency);
    if (!node.is_source || lately.count == 0) continue;
    line += fmt::format("  | {} took {}, p99 {}", node.name, rounded_duration(lately.quantile_ns(0.5)),
                        rounded_duration(lately.quantile_ns(0.99)));
    const LatencyPart* most = nullptr;
    for (const LatencyWay& way : ways) {
      if (way.source != node.name) continue;
      const LatencyPart& largest = way.parts[way.largest];
      if (most == nullptr || largest.p99_ns > most->p99_ns) most = &largest;
    }
    if (most != nullptr) line += fmt::format(", most {} ({})", part_text(*most), rounded_duration(most->p99_ns));
    const uint64_t over = node.account.over_budget - before.nodes[i].account.over_budget;
    if (over > 0) {
      line += fmt::format("  ! {}: {:.3g} % took longer than {}", node.name,
                          100.0 * static_cast<double>(over) / static_cast<double>(std::max(over, lately.count)),
                          rounded_duration(now.latency_budget_ns));
    }
  }
}

}  // namespace

std::string live_line(const Report& before, const Report& now, double seconds, double running_seconds, size_t width) {
  const auto whole = static_cast<uint64_t>(running_seconds);
  std::string line = fmt::format("{:02}:{:02}", whole / 60, whole % 60);
  for (size_t i = 0; i < now.nodes.size(); ++i) {
    const NodeReport& node = now.nodes[i];
    if (node.is_source)
      line += fmt::format("  {} {}/s", node.name + node.half, grouped(rate(before.nodes[i].in, node.in, seconds)));
  }
  for (size_t i = 0; i < now.nodes.size(); ++i) {
    const NodeReport& node = now.nodes[i];
    if (!node.is_sink) continue;
    line += fmt::format("  {} {} (+{}/s)", node.name + node.half, grouped(safe(node)),
                        grouped(rate(safe(before.nodes[i]), safe(node), seconds)));
  }
  for (const EdgeReport& edge : now.edges) {
    if (!edge.is_buffered || (edge.waiting == 0 && edge.discarded == 0)) continue;
    line += fmt::format("  | {}: {} waiting", edge.name, grouped(edge.waiting));
    if (edge.discarded > 0) line += fmt::format(", {} dropped", grouped(edge.discarded));
  }
  for (const NodeReport& node : now.nodes) {
    if (node.is_source && node.account.unsettled > 0) {
      line += fmt::format("  | {} unsettled {}, oldest {}", node.name, grouped(node.account.unsettled),
                          rounded_duration(node.account.oldest_unsettled_ns));
    }
  }
  append_latency(before, now, line);
  for (const NodeReport& node : now.nodes) {
    if (node.status != SLUICE_STATUS_READY)
      line += fmt::format("  ! {}: {}", node.name + node.half, node.status_sentence);
  }
  if (width > 0 && line.size() > width) {
    // Never through the middle of a character.
    while (width > 0 && (static_cast<unsigned char>(line[width]) & 0xC0) == 0x80) --width;
    line.resize(width);
  }
  return line;
}

}  // namespace sluice::engine
