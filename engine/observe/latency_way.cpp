// SPDX-License-Identifier: Apache-2.0
#include "observe/latency_way.hpp"

#include <algorithm>

#include "graph/routes.hpp"

namespace sluice::engine {
namespace {

/// The parts of one way that records went through between two reports.
class Parts {
 public:
  Parts(const Report& before, const Report& now) : before_(before), now_(now) {}

  std::vector<LatencyPart> of(const Routes::Way& way) {
    found_.clear();
    for (const Routes::Step& step : way.steps) {
      const NodeReport* const was = step.node < before_.nodes.size() ? &before_.nodes[step.node] : nullptr;
      const NodeReport& node = now_.nodes[step.node];
      add(PartKind::held, node.name, node.held_time, was == nullptr ? nullptr : &was->held_time);
      for (const size_t edge : step.edges) add_edge(edge);
    }
    return std::move(found_);
  }

 private:
  void add_edge(size_t index) {
    const EdgeReport* const was = index < before_.edges.size() ? &before_.edges[index] : nullptr;
    const EdgeReport& edge = now_.edges[index];
    const NodeReport& to = now_.nodes[edge.to_node];
    add(PartKind::waiting, edge.name, edge.waiting_time, was == nullptr ? nullptr : &was->waiting_time);
    add(PartKind::settling, to.name + to.half, edge.settling_time, was == nullptr ? nullptr : &was->settling_time);
  }

  void add(PartKind kind, std::string name, const LatencyReport& now, const LatencyReport* before) {
    const LatencyReport lately = before == nullptr ? now : now.since(*before);
    if (lately.count == 0) return;
    found_.push_back({kind, std::move(name), lately.quantile_ns(0.5), lately.quantile_ns(0.99)});
  }

  const Report& before_;
  const Report& now_;
  std::vector<LatencyPart> found_;
};

}  // namespace

std::string_view word(PartKind kind) {
  constexpr std::string_view words[] = {"waiting", "held", "settling"};
  return words[static_cast<size_t>(kind)];
}

std::vector<LatencyWay> latency_ways(const Report& before, const Report& now) {
  std::vector<LatencyWay> ways;
  Parts parts(before, now);
  for (const Routes::Way& route : now.routes->ways()) {
    const NodeReport& sink = now.nodes[route.sink];
    LatencyWay way{now.nodes[route.source].name, sink.name + sink.half, parts.of(route)};
    if (way.parts.empty()) continue;
    const auto largest =
        std::max_element(way.parts.begin(), way.parts.end(),
                         [](const LatencyPart& a, const LatencyPart& b) { return a.p99_ns < b.p99_ns; });
    way.largest = static_cast<size_t>(largest - way.parts.begin());
    ways.push_back(std::move(way));
  }
  return ways;
}

std::string part_text(const LatencyPart& part) {
  constexpr std::string_view prepositions[] = {" in ", " by ", " in "};
  return std::string(word(part.kind)).append(prepositions[static_cast<size_t>(part.kind)]) + part.name;
}

}  // namespace sluice::engine
