// SPDX-License-Identifier: Apache-2.0
#include "observe/live_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "observe/latency_way.hpp"
#include "observe/numbers.hpp"
#include "sluice/abi.h"
#include "sluice/safe_text.hpp"

namespace sluice::engine {
namespace {

uint64_t rate(uint64_t before, uint64_t now, double seconds) {
  return seconds <= 0 || now < before ? 0 : static_cast<uint64_t>(static_cast<double>(now - before) / seconds + 0.5);
}

uint64_t safe(const NodeReport& node) {
  return node.settled[static_cast<size_t>(records::Verdict::delivered)] +
         node.settled[static_cast<size_t>(records::Verdict::accepted)];
}

/// The parts of a line, what matters most first.
struct Parts {
  std::vector<std::string> problems;  ///< "trades: the server is away"
  std::vector<std::string> rates;
  std::vector<std::string> rest;  ///< what waits, what is unsettled, how long it takes
};

void add_latency(const Report& before, const Report& now, Parts& parts) {
  const std::vector<LatencyWay> ways = latency_ways(before, now);
  for (size_t i = 0; i < now.nodes.size(); ++i) {
    const NodeReport& node = now.nodes[i];
    const LatencyReport lately = node.account.latency.since(before.nodes[i].account.latency);
    if (!node.is_source || lately.count == 0) continue;
    std::string took = fmt::format("{} took {}, p99 {}", node.name, rounded_duration(lately.quantile_ns(0.5)),
                                   rounded_duration(lately.quantile_ns(0.99)));
    const LatencyPart* most = nullptr;
    for (const LatencyWay& way : ways) {
      if (way.source != node.name) continue;
      const LatencyPart& largest = way.parts[way.largest];
      if (most == nullptr || largest.p99_ns > most->p99_ns) most = &largest;
    }
    if (most != nullptr) took += fmt::format(", most {} ({})", part_text(*most), rounded_duration(most->p99_ns));
    parts.rest.push_back(std::move(took));
    const uint64_t over = node.account.over_budget - before.nodes[i].account.over_budget;
    if (over > 0) {
      parts.problems.push_back(
          fmt::format("{}: {:.3g} % took longer than {}", node.name,
                      100.0 * static_cast<double>(over) / static_cast<double>(std::max(over, lately.count)),
                      rounded_duration(now.latency_budget_ns)));
    }
  }
}

/// The ends of the graph first: what is between them, the halves of relays, comes last.
void add_rates(const Report& before, const Report& now, double seconds, Parts& parts) {
  for (const bool is_half : {false, true}) {
    for (size_t i = 0; i < now.nodes.size(); ++i) {
      const NodeReport& node = now.nodes[i];
      if (!node.is_source || node.half.empty() == is_half) continue;
      parts.rates.push_back(
          fmt::format("{} {}/s", node.name + node.half, grouped(rate(before.nodes[i].in, node.in, seconds))));
    }
    for (size_t i = 0; i < now.nodes.size(); ++i) {
      const NodeReport& node = now.nodes[i];
      if (!node.is_sink || node.half.empty() == is_half) continue;
      parts.rates.push_back(fmt::format("{} {} (+{}/s)", node.name + node.half, grouped(safe(node)),
                                        grouped(rate(safe(before.nodes[i]), safe(node), seconds))));
    }
  }
}

void add_waiting(const Report& now, Parts& parts) {
  for (const EdgeReport& edge : now.edges) {
    if (!edge.is_buffered || (edge.waiting == 0 && edge.discarded == 0)) continue;
    std::string waits = fmt::format("{}: {} waiting", edge.name, grouped(edge.waiting));
    if (edge.discarded > 0) waits += fmt::format(", {} dropped", grouped(edge.discarded));
    parts.rest.push_back(std::move(waits));
  }
  for (const NodeReport& node : now.nodes) {
    if (!node.is_source || node.account.unsettled == 0) continue;
    parts.rest.push_back(fmt::format("{} unsettled {}, oldest {}", node.name, grouped(node.account.unsettled),
                                     rounded_duration(node.account.oldest_unsettled_ns)));
  }
}

/// Not longer than this; what is cut off shows as an ellipsis.
std::string cut(const std::string& text, size_t characters) {
  const std::string_view whole = cut_text(text, characters);
  if (whole.size() == text.size()) return text;
  return std::string(cut_text(text, characters - std::min<size_t>(characters, 1))) + "\u2026";
}

}  // namespace

std::string status_text(const NodeReport& node) {
  constexpr const char* words[] = {"ready", "connecting", "blocked"};
  const std::string word = words[std::clamp<uint32_t>(node.status, 1, 3) - 1];
  return node.status_sentence.empty() ? word : word + ": " + node.status_sentence;
}

std::string live_line(const Report& before, const Report& now, double seconds, double running_seconds, size_t width) {
  Parts parts;
  for (const NodeReport& node : now.nodes) {
    if (now.standby && node.is_source) continue;  // it has not begun
    if (node.status != SLUICE_STATUS_READY) {
      parts.problems.push_back(fmt::format("{}: {}", node.name + node.half, node.status_sentence));
    }
  }
  add_rates(before, now, seconds, parts);
  add_waiting(now, parts);
  add_latency(before, now, parts);

  const auto whole = static_cast<uint64_t>(running_seconds);
  std::string line = fmt::format("{:02}:{:02}", whole / 60, whole % 60);
  std::string problems;
  for (const std::string& problem : parts.problems) problems += "  ! " + problem;
  // On a narrow terminal the rates still show beside them.
  line += width == 0 ? problems : cut(problems, width * 3 / 5);
  if (now.standby) line += "  standby: " + now.standby->sentence;
  for (const std::string& each : parts.rates) line += "  " + each;
  for (const std::string& each : parts.rest) line += "  | " + each;
  return width == 0 ? line : cut(line, width);
}

}  // namespace sluice::engine
