// SPDX-License-Identifier: Apache-2.0
#include "observe/bottleneck.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "graph/routes.hpp"
#include "observe/numbers.hpp"
#include "observe/readiness.hpp"

namespace sluice::engine {
namespace {

constexpr int64_t slow_ns = 500'000'000;
constexpr uint64_t few_records = 1'000;
constexpr int64_t least_stuck_ns = 2'000'000'000;

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
  int64_t oldest_ns = 0;
  for (const size_t node : report.routes->before_sink(sink).nodes) {
    if (report.nodes[node].is_source) oldest_ns = std::max(oldest_ns, report.nodes[node].account.oldest_unsettled_ns);
  }
  return oldest_ns;
}

}  // namespace

uint64_t waiting_before(const Report& report, size_t sink) {
  const Routes::Part& before = report.routes->before_sink(sink);
  uint64_t waiting = 0;
  for (const size_t node : before.nodes) {
    if (node == sink) continue;
    waiting += report.nodes[node].is_source ? lag_of(report.nodes[node]) : report.nodes[node].held;
  }
  for (const size_t edge : before.edges) waiting += report.edges[edge].waiting + report.edges[edge].parked;
  return waiting;
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
