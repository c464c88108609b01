// SPDX-License-Identifier: Apache-2.0
#include "observe/latency_way.hpp"

#include <algorithm>

namespace sluice::engine {
namespace {

/// Finds what lies between one source and one sink.
class Between {
 public:
  Between(const Report& before, const Report& now) : before_(before), now_(now) {}

  std::vector<LatencyPart> parts(size_t source, size_t sink) {
    leads_there_.assign(now_.nodes.size(), false);
    mark_what_leads_to(sink);
    is_done_.assign(now_.nodes.size(), false);
    found_.clear();
    if (leads_there_[source]) add_backwards(source);
    std::reverse(found_.begin(), found_.end());
    return std::move(found_);
  }

 private:
  void mark_what_leads_to(size_t node) {
    if (leads_there_[node]) return;
    leads_there_[node] = true;
    for (const EdgeReport& edge : now_.edges) {
      if (!edge.is_dead_letter && edge.to_node == node) mark_what_leads_to(edge.from_node);
    }
  }

  /// What is behind a node comes first, so that joins stand behind all that leads to them.
  void add_backwards(size_t index) {
    if (is_done_[index]) return;
    is_done_[index] = true;
    const auto is_on_way = [&](const EdgeReport& edge) {
      return !edge.is_dead_letter && edge.from_node == index && leads_there_[edge.to_node];
    };
    for (const EdgeReport& edge : now_.edges) {
      if (is_on_way(edge)) add_backwards(edge.to_node);
    }
    for (size_t i = now_.edges.size(); i-- > 0;) {
      const EdgeReport& edge = now_.edges[i];
      if (!is_on_way(edge)) continue;
      const EdgeReport* const was = i < before_.edges.size() ? &before_.edges[i] : nullptr;
      const NodeReport& to = now_.nodes[edge.to_node];
      add(PartKind::settling, to.name + to.half, edge.settling_time, was == nullptr ? nullptr : &was->settling_time);
      add(PartKind::waiting, edge.name, edge.waiting_time, was == nullptr ? nullptr : &was->waiting_time);
    }
    const NodeReport& node = now_.nodes[index];
    const NodeReport* const was = index < before_.nodes.size() ? &before_.nodes[index] : nullptr;
    add(PartKind::held, node.name, node.held_time, was == nullptr ? nullptr : &was->held_time);
  }

  void add(PartKind kind, std::string name, const LatencyReport& now, const LatencyReport* before) {
    const LatencyReport lately = before == nullptr ? now : now.since(*before);
    if (lately.count == 0) return;
    found_.push_back({kind, std::move(name), lately.quantile_ns(0.5), lately.quantile_ns(0.99)});
  }

  const Report& before_;
  const Report& now_;
  std::vector<bool> leads_there_;
  std::vector<bool> is_done_;
  std::vector<LatencyPart> found_;
};

}  // namespace

std::string_view word(PartKind kind) {
  constexpr std::string_view words[] = {"waiting", "held", "settling"};
  return words[static_cast<size_t>(kind)];
}

std::vector<LatencyWay> latency_ways(const Report& before, const Report& now) {
  std::vector<LatencyWay> ways;
  Between between(before, now);
  for (size_t source = 0; source < now.nodes.size(); ++source) {
    if (!now.nodes[source].is_source) continue;
    for (size_t sink = 0; sink < now.nodes.size(); ++sink) {
      if (!now.nodes[sink].is_sink) continue;
      LatencyWay way{now.nodes[source].name, now.nodes[sink].name + now.nodes[sink].half, between.parts(source, sink)};
      if (way.parts.empty()) continue;
      const auto largest =
          std::max_element(way.parts.begin(), way.parts.end(),
                           [](const LatencyPart& a, const LatencyPart& b) { return a.p99_ns < b.p99_ns; });
      way.largest = static_cast<size_t>(largest - way.parts.begin());
      ways.push_back(std::move(way));
    }
  }
  return ways;
}

std::string part_text(const LatencyPart& part) {
  constexpr std::string_view prepositions[] = {" in ", " by ", " in "};
  return std::string(word(part.kind)).append(prepositions[static_cast<size_t>(part.kind)]) + part.name;
}

}  // namespace sluice::engine
