// SPDX-License-Identifier: Apache-2.0
#include "observe/receipt.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "observe/latency_way.hpp"
#include "observe/numbers.hpp"

namespace sluice::engine {
namespace {

using records::Verdict;

constexpr const char* verdict_words[] = {"delivered", "accepted", "dead-lettered", "discarded", "failed"};

uint64_t settled_sum(const std::array<uint64_t, records::verdict_count>& settled) {
  uint64_t sum = 0;
  for (const uint64_t count : settled) sum += count;
  return sum;
}

/// " = delivered 10 + discarded 2", leaving out what is zero.
std::string sum_text(const std::array<uint64_t, records::verdict_count>& settled, uint64_t rest,
                     std::string_view rest_word) {
  std::string text;
  const auto term = [&](std::string_view word, uint64_t count) {
    text += fmt::format("{}{} {}", text.empty() ? " = " : " + ", word, grouped(count));
  };
  for (size_t i = 0; i < settled.size(); ++i) {
    if (settled[i] > 0) term(verdict_words[i], settled[i]);
  }
  if (rest > 0) term(rest_word, rest);
  return text.empty() ? " = nothing" : text;
}

std::string_view fate(Replay replay) {
  return replay == Replay::none ? "unsettled, may be lost" : "unsettled, will be replayed";
}

std::string account_line(std::string_view word, const AccountReport& account, std::string_view rest_word) {
  std::string line = fmt::format("{} {}", word, grouped(account.received));
  if (account.made > 0) line += fmt::format(" + made {}", grouped(account.made));
  return line + sum_text(account.settled, account.without_verdict(), rest_word);
}

void append_nodes(const Report& report, std::string& text) {
  text += fmt::format("\n  {:<20} {:>13} {:>13} {:>13} {:>10} {:>10} {:>8} {:>8}\n", "node", "in", "out", "delivered",
                      "rejected", "discarded", "failed", "held");
  for (const NodeReport& node : report.nodes) {
    const auto verdict = [&](Verdict which) { return grouped(node.settled[static_cast<size_t>(which)]); };
    const uint64_t safe =
        node.settled[static_cast<size_t>(Verdict::delivered)] + node.settled[static_cast<size_t>(Verdict::accepted)];
    text += fmt::format("  {:<20} {:>13} {:>13} {:>13} {:>10} {:>10} {:>8} {:>8}\n", node.name + node.half,
                        grouped(node.in), grouped(node.out), grouped(safe), verdict(Verdict::dead_lettered),
                        verdict(Verdict::discarded), verdict(Verdict::failed), grouped(node.held + node.relinquished));
    for (const auto& [reason, count] : node.discards) {
      text += fmt::format("    discarded as {}: {}\n", reason, grouped(count));
    }
  }
}

void append_edges(const Report& report, std::string& text) {
  for (const EdgeReport& edge : report.edges) {
    const bool says_something =
        edge.discarded + edge.rejected + edge.waiting + edge.parked > 0 || (edge.is_dead_letter && edge.in > 0);
    if (says_something) {
      text += fmt::format("  edge {}: in {} = out {} + discarded {} + waiting {}", edge.name, grouped(edge.in),
                          grouped(edge.out), grouped(edge.discarded), grouped(edge.waiting + edge.parked));
      if (edge.rejected > 0) text += fmt::format(" + too large {}", grouped(edge.rejected));
      text += '\n';
    }
    if (edge.takes_over) {
      text += fmt::format("  edge {} took over: {}\n", edge.name,
                          account_line("accepted", edge.account, "unsettled, may be lost"));
    }
  }
}

void append_ways(const std::vector<LatencyWay>& ways, const std::string& source, std::string& text) {
  for (const LatencyWay& way : ways) {
    if (way.source != source) continue;
    text += fmt::format("    on the way to {}:", way.sink);
    for (const LatencyPart& part : way.parts) {
      text += fmt::format("{} {} p50 {}, p99 {}", &part == way.parts.data() ? "" : ";", part_text(part),
                          rounded_duration(part.p50_ns), rounded_duration(part.p99_ns));
    }
    text += '\n';
  }
}

}  // namespace

Receipt judge(const Report& report) {
  Receipt receipt;
  const auto check = [&](const std::string& what, uint64_t left, uint64_t right) {
    if (left == right) return;
    receipt.is_balanced = false;
    receipt.imbalances.push_back(fmt::format("{}: {} is not {}", what, grouped(left), grouped(right)));
  };
  // What is left over is computed as a difference: more out than in shows there, as a number below zero.
  const auto check_left = [&](const std::string& what, uint64_t came, uint64_t left) {
    if (left <= came) return;
    receipt.is_balanced = false;
    receipt.imbalances.push_back(fmt::format("{}: {} more left it than came", what, grouped(0 - left)));
  };
  for (const NodeReport& node : report.nodes) {
    const uint64_t held = node.held + node.relinquished;
    check_left("node " + node.name, node.in + node.made, held);
    check("node " + node.name, node.in + node.made, node.out + node.folded + settled_sum(node.settled) + held);
    if (!node.is_source) continue;
    const AccountReport& account = node.account;
    const uint64_t unsettled = account.without_verdict();
    check_left("source " + node.name, account.received + account.made, unsettled);
    check("source " + node.name, account.received + account.made, settled_sum(account.settled) + unsettled);
    (node.replay == Replay::none ? receipt.may_be_lost : receipt.will_be_replayed) +=
        unsettled + account.count(Verdict::failed);
  }
  uint64_t unsettled_of_edges = 0;
  for (const EdgeReport& edge : report.edges) {
    check("edge " + edge.name, edge.in, edge.out + edge.discarded + edge.rejected + edge.waiting + edge.parked);
    if (!edge.takes_over) continue;
    check_left("account of edge " + edge.name, edge.account.received + edge.account.made, edge.account.unsettled);
    unsettled_of_edges += edge.account.unsettled + edge.account.count(Verdict::failed);
  }
  receipt.may_be_lost += unsettled_of_edges;
  for (const RelayReport& relay : report.relays) receipt.may_be_lost += relay.left();
  return receipt;
}

std::string receipt_text(const Report& report) {
  const Receipt receipt = judge(report);
  const std::vector<LatencyWay> ways = latency_ways({}, report);
  std::string text = fmt::format("receipt of graph {}{}\n", report.graph,
                                 report.process.empty() ? "" : fmt::format(", process {}", report.process));
  for (const NodeReport& node : report.nodes) {
    if (!node.is_source) continue;
    text += fmt::format("  source {}: {}\n", node.name, account_line("received", node.account, fate(node.replay)));
    if (node.account.p99_ns > 0) {
      text += fmt::format("    from emission to its last verdict: p50 {}, p99 {}\n",
                          rounded_duration(node.account.p50_ns), rounded_duration(node.account.p99_ns));
    }
    if (report.latency_budget_ns > 0) {
      text += fmt::format("    longer than {}: {}\n", rounded_duration(report.latency_budget_ns),
                          grouped(node.account.over_budget));
    }
    append_ways(ways, node.name, text);
    for (const PartitionReport& partition : node.partitions) {
      text += fmt::format("    partition {}: settled up to {}", partition.name, partition.settled);
      // A source that begins anew each time takes no commits, which must not look like a loss.
      if (node.replay == Replay::from_commit) text += fmt::format(", committed {}", partition.committed);
      text += '\n';
    }
  }
  append_nodes(report, text);
  append_edges(report, text);
  for (const RelayReport& relay : report.relays) {
    text += fmt::format("  relay {}, in memory: accepted {} = read {} + left {}\n", relay.name, grouped(relay.accepted),
                        grouped(relay.accepted - relay.left()), grouped(relay.left()));
  }
  for (const std::string& imbalance : receipt.imbalances) text += "  DOES NOT BALANCE: " + imbalance + "\n";
  if (receipt.may_be_lost > 0) {
    text += fmt::format("  {} records may be lost: they were not settled, and nothing can replay them\n",
                        grouped(receipt.may_be_lost));
  }
  if (receipt.will_be_replayed > 0) {
    text +=
        fmt::format("  {} records will be replayed: no position moved over them\n", grouped(receipt.will_be_replayed));
  }
  if (receipt.is_balanced) {
    text += receipt.may_be_lost + receipt.will_be_replayed == 0 ? "  balanced: every record has its verdict\n"
                                                                : "  balanced\n";
  }
  return text;
}

}  // namespace sluice::engine
