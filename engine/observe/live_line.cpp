// SPDX-License-Identifier: Apache-2.0
#include "observe/live_line.hpp"

#include <fmt/format.h>

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
