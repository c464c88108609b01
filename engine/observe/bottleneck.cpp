// SPDX-License-Identifier: Apache-2.0
#include "observe/bottleneck.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "observe/numbers.hpp"
#include "observe/readiness.hpp"

namespace sluice::engine {
namespace {

constexpr int64_t slow_ns = 500'000'000;
constexpr uint64_t few_records = 1'000;
constexpr int64_t least_stuck_ns = 2'000'000'000;

/// Which nodes records pass before they come to this one, itself included.
std::vector<bool> before_node(const Report& report, size_t node, bool with_dead_letters) {
  std::vector<bool> is_before(report.nodes.size(), false);
  std::vector<size_t> next{node};
  while (!next.empty()) {
    const size_t at = next.back();
    next.pop_back();
    if (is_before[at]) continue;
    is_before[at] = true;
    for (const EdgeReport& edge : report.edges) {
      if (edge.to_node == at && (with_dead_letters || !edge.is_dead_letter)) next.push_back(edge.from_node);
    }
  }
  return is_before;
}

bool takes_no_more(const Report& report, size_t sink) {
  return !report.nodes[sink].has_room ||
         std::any_of(report.edges.begin(), report.edges.end(), [&](const EdgeReport& edge) {
           return edge.to_node == sink && !edge.is_dead_letter && (edge.parked > 0 || !edge.has_room);
         });
}

/// Most of the time, as it was seen.
bool mostly_takes_no_more(const std::deque<Sample>& samples, size_t sink) {
  size_t seen = 0;
  for (const Sample& sample : samples) seen += takes_no_more(sample.report, sink) ? 1 : 0;
  return 2 * seen > samples.size();
}

/// Of what it settled between two reports.
LatencyReport settling(const Report& before, const Report& now, size_t sink) {
  LatencyReport all;
  for (size_t i = 0; i < now.edges.size(); ++i) {
    if (now.edges[i].to_node != sink || now.edges[i].is_dead_letter) continue;
    const LatencyReport lately = i < before.edges.size()
                                     ? now.edges[i].settling_time.since(before.edges[i].settling_time)
                                     : now.edges[i].settling_time;
    if (lately.count > all.count) all = lately;
  }
  return all;
}

/// How long the oldest of what it holds can have been on its way.
int64_t oldest_before(const Report& report, size_t sink) {
  const std::vector<bool> is_before = before_node(report, sink, false);
  int64_t oldest_ns = 0;
  for (size_t i = 0; i < report.nodes.size(); ++i) {
    if (is_before[i] && report.nodes[i].is_source) {
      oldest_ns = std::max(oldest_ns, report.nodes[i].account.oldest_unsettled_ns);
    }
  }
  return oldest_ns;
}

}  // namespace

uint64_t waiting_before(const Report& report, size_t sink) {
  const std::vector<bool> is_before = before_node(report, sink, false);
  uint64_t waiting = 0;
  for (size_t i = 0; i < report.nodes.size(); ++i) {
    if (!is_before[i] || i == sink) continue;
    if (report.nodes[i].is_source) waiting += lag_of(report.nodes[i]);
    if (!report.nodes[i].is_source) waiting += report.nodes[i].held;
  }
  for (const EdgeReport& edge : report.edges) {
    if (is_before[edge.to_node] && is_before[edge.from_node] && !edge.is_dead_letter)
      waiting += edge.waiting + edge.parked;
  }
  return waiting;
}

bool leads_to(const Report& report, size_t from, size_t to, bool with_dead_letters) {
  return before_node(report, to, with_dead_letters)[from];
}

std::vector<Bottleneck> bottlenecks(const std::deque<Sample>& samples) {
  std::vector<Bottleneck> found;
  if (samples.empty()) return found;
  const Report& now = samples.back().report;
  for (size_t i = 0; i < now.nodes.size(); ++i) {
    const NodeReport& node = now.nodes[i];
    // One that is not ready says itself what is wrong.
    if (!node.is_sink || node.held == 0 || node.status != SLUICE_STATUS_READY) continue;
    const LatencyReport lately = settling(samples.front().report, now, i);
    Bottleneck one{
        .node = i, .name = node.name + node.half, .sentence = {}, .median_ns = 0, .waiting = waiting_before(now, i)};
    const bool is_full = mostly_takes_no_more(samples, i);
    if (lately.count > 0) {
      one.median_ns = lately.quantile_ns(0.5);
      if (one.median_ns < slow_ns && !(is_full && one.waiting >= few_records)) continue;
      const int64_t oldest_ns = oldest_before(now, i);
      if (is_full && oldest_ns >= least_stuck_ns && oldest_ns > 4 * one.median_ns) {
        // What it is at now has no verdict yet, and may say more.
        one.sentence = fmt::format("the oldest records on the way to it are {} old, a batch took {} (median)",
                                   rounded_duration(oldest_ns), rounded_duration(one.median_ns));
        one.median_ns = oldest_ns;
      } else {
        one.sentence = fmt::format("a batch takes {} (median)", rounded_duration(one.median_ns));
      }
    } else {
      one.median_ns = oldest_before(now, i);
      if (!is_full || one.median_ns < least_stuck_ns) continue;
      one.sentence = fmt::format("it has settled nothing recently, and holds {} records", grouped(node.held));
    }
    one.sentence += one.waiting == 0 ? ", none waits in front of it"
                                     : fmt::format(", {} records wait in front of it", grouped(one.waiting));
    found.push_back(std::move(one));
  }
  std::stable_sort(found.begin(), found.end(), [](const Bottleneck& a, const Bottleneck& b) {
    return std::pair(a.median_ns, a.waiting) > std::pair(b.median_ns, b.waiting);
  });
  return found;
}

}  // namespace sluice::engine
