// SPDX-License-Identifier: Apache-2.0
// Random graphs with relays and dead letters. The model follows single records: it tries every way that one can take,
// hop by hop, and notes what the record passes.
#include "graph/topology.hpp"

#include <algorithm>
#include <map>
#include <random>

#include "catch.hpp"
#include "graph/routes.hpp"

namespace sluice::engine {
namespace {

using Over = Topology::Over;
using Set = std::set<size_t>;

/// Sources, transforms, sinks and relays, whose halves are a sink and a source. Edges lead from lower to higher
/// numbers, and round through relays.
Topology::Shape random_shape(std::mt19937& random) {
  const auto below = [&](size_t bound) { return static_cast<size_t>(random() % bound); };
  Topology::Shape shape;
  shape.nodes.push_back({true, false});
  const size_t middle = 1 + below(4);
  for (size_t i = 0; i < middle; ++i) shape.nodes.push_back({below(4) == 0, false});
  const size_t sinks = 1 + below(3);
  for (size_t i = 0; i < sinks; ++i) shape.nodes.push_back({false, true});
  for (size_t i = 0; i < sinks && below(2) == 0; ++i) {
    shape.relays.push_back({shape.nodes.size() - 1 - i, below(2)});
    shape.nodes[shape.relays.back().output].is_source = true;
    if (i == 1 && shape.relays[0].output == shape.relays[1].output) shape.relays.pop_back();
  }
  const size_t edges = 1 + below(8);
  for (size_t i = 0; i < edges; ++i) {
    const size_t from = below(shape.nodes.size() - sinks);
    const size_t to = from + 1 + below(shape.nodes.size() - from - 1);
    if (shape.nodes[to].is_source) continue;
    Topology::Edge edge{from, to, 0, static_cast<uint32_t>(below(2)), below(3) == 0};
    if (below(3) == 0) {
      shape.dead_letters.push_back(below(12) == 0 ? Topology::none : shape.nodes.size() - 1 - below(sinks));
      edge.path = shape.dead_letters.size();
    }
    shape.edges.push_back(edge);
  }
  return shape;
}

struct Hop {
  enum class Kind { begin, edge, dead_letter, relay } kind;
  size_t node;
  size_t path;
  size_t edge = Topology::none;
};
using Record = std::vector<Hop>;

/// Every way of a record. It ends where the record has been before with the same path: going on adds nothing.
template <typename Seen>
void follow(const Topology::Shape& shape, Over over, Record& record, Topology::Places& been, const Seen& seen) {
  seen(record);
  const Hop at = record.back();
  const auto go = [&](Hop hop) {
    if (hop.node == Topology::none) return;
    record.push_back(hop);
    if (been.emplace(hop.node, hop.path).second) {
      follow(shape, over, record, been, seen);
      been.erase({hop.node, hop.path});
    } else {
      seen(record);
    }
    record.pop_back();
  };
  for (size_t i = 0; i < shape.edges.size(); ++i) {
    const Topology::Edge& edge = shape.edges[i];
    if (edge.from == at.node) go({Hop::Kind::edge, edge.to, edge.path == 0 ? at.path : edge.path, i});
  }
  if (over != Over::edges && at.path != 0) go({Hop::Kind::dead_letter, shape.dead_letters[at.path - 1], 0});
  if (over != Over::relays) return;
  for (const Topology::Relay& relay : shape.relays) {
    if (relay.input == at.node) go({Hop::Kind::relay, relay.output, 0});
  }
}

std::vector<Record> records_of(const Topology::Shape& shape, Over over, Hop begin) {
  std::vector<Record> all;
  Record record{begin};
  Topology::Places been{{begin.node, begin.path}};
  follow(shape, over, record, been, [&](const Record& one) { all.push_back(one); });
  return all;
}

std::vector<Record> records_of(const Topology::Shape& shape, Over over, size_t node) {
  return records_of(shape, over, {Hop::Kind::begin, node, 0});
}

Set set_of(const std::vector<size_t>& many) {
  const Set set(many.begin(), many.end());
  REQUIRE(set.size() == many.size());
  return set;
}

template <typename Check>
void for_random_shapes(unsigned seed, const Check& check) {
  std::mt19937 random(seed);
  for (unsigned i = 0; i < 1500; ++i) {
    CAPTURE(seed, i);
    const Topology::Shape shape = random_shape(random);
    check(Topology(shape), shape);
  }
}

TEST_CASE("what is behind a node is what single records come to, and the nearest comes first") {
  for_random_shapes(1, [](const Topology& topology, const Topology::Shape& shape) {
    for (const Over over : {Over::edges, Over::dead_letters, Over::relays}) {
      for (size_t node = 0; node < shape.nodes.size(); ++node) {
        std::map<size_t, size_t> hops;
        Set edges;
        Set paths;
        for (const Record& record : records_of(shape, over, node)) {
          const Hop last = record.back();
          const auto shortest = hops.try_emplace(last.node, record.size()).first;
          shortest->second = std::min(shortest->second, record.size());
          if (last.edge == Topology::none) continue;
          edges.insert(last.edge);
          if (over != Over::edges && shape.edges[last.edge].path != 0) paths.insert(shape.edges[last.edge].path);
        }
        const Topology::Part part = topology.behind({node}, over);
        Set nodes;
        for (const auto& [reached, distance] : hops) nodes.insert(reached);
        REQUIRE(set_of(part.nodes) == nodes);
        REQUIRE(part.nodes.front() == node);
        REQUIRE(set_of(part.edges) == edges);
        REQUIRE(set_of(part.paths) == paths);
        if (over == Over::edges) {
          REQUIRE(std::is_sorted(part.nodes.begin(), part.nodes.end(),
                                 [&](size_t a, size_t b) { return hops.at(a) < hops.at(b); }));
        }
      }
    }
  });
}

TEST_CASE("what is before a node is what leads there") {
  for_random_shapes(2, [](const Topology& topology, const Topology::Shape& shape) {
    std::vector<Set> nodes(shape.nodes.size());
    std::vector<Set> edges(shape.nodes.size());
    for (size_t from = 0; from < shape.nodes.size(); ++from) {
      for (const Record& record : records_of(shape, Over::edges, from)) {
        nodes[record.back().node].insert(from);
        for (const Hop& hop : record) {
          if (hop.edge != Topology::none) edges[record.back().node].insert(hop.edge);
        }
      }
    }
    const Routes routes(topology);
    for (size_t node = 0; node < shape.nodes.size(); ++node) {
      REQUIRE(set_of(topology.before(node).nodes) == nodes[node]);
      REQUIRE(set_of(topology.before(node).edges) == edges[node]);
      if (!shape.nodes[node].is_sink) continue;
      REQUIRE(set_of(routes.before_sink(node).nodes) == nodes[node]);
      for (size_t from = 0; from < shape.nodes.size(); ++from) {
        REQUIRE(routes.leads_to_sink(from, node) == nodes[node].contains(from));
      }
    }
  });
}

TEST_CASE("between a source and a sink is what the records pass that come there, as dead letters too") {
  for_random_shapes(3, [](const Topology& topology, const Topology::Shape& shape) {
    for (size_t source = 0; source < shape.nodes.size(); ++source) {
      std::map<size_t, Topology::Between> between;
      for (const Record& record : records_of(shape, Over::edges, source)) {
        Set passed;
        for (const Hop& hop : record) {
          if (hop.edge != Topology::none) passed.insert(hop.edge);
        }
        between[record.back().node].direct.insert(passed.begin(), passed.end());
        // Wherever the record is now, it may be refused.
        if (record.back().path == 0) continue;
        const size_t taker = shape.dead_letters[record.back().path - 1];
        if (taker != Topology::none) between[taker].rejected.insert(passed.begin(), passed.end());
      }
      for (size_t sink = 0; sink < shape.nodes.size(); ++sink) {
        if (!shape.nodes[sink].is_sink) continue;
        const Topology::Between found = topology.between(source, sink);
        REQUIRE(found.direct == between[sink].direct);
        REQUIRE(found.rejected == between[sink].rejected);
      }
    }
  });
}

TEST_CASE("a dead letter's way ends where another dead letter takes over") {
  // 0 -> 1 -> 2 -> 3; the first edge's dead letter is 4, the last edge's is 5.
  Topology::Shape shape;
  shape.nodes = {{true, false}, {}, {}, {false, true}, {false, true}, {false, true}};
  shape.edges = {{0, 1, 1}, {1, 2}, {2, 3, 2}};
  shape.dead_letters = {4, 5};
  const Topology topology(shape);
  CHECK(topology.between(0, 3).direct == Set{0, 1, 2});
  CHECK(topology.between(0, 4).rejected == Set{0, 1});
  CHECK(topology.between(0, 5).rejected == Set{0, 1, 2});
  CHECK(topology.between(0, 4).direct.empty());
  const Routes routes{topology};
  CHECK(routes.declaring_edge(1) == 0);
  CHECK(routes.declaring_edge(2) == 2);
  CHECK(routes.refusal_path(0) == 1);
}

TEST_CASE("what a source refuses goes to the nearest dead letter behind its first output") {
  // Port 1 of the source has a dead letter at once, port 0 two hops further on.
  Topology::Shape shape;
  shape.nodes = {{true, false}, {}, {}, {false, true}, {false, true}};
  shape.edges = {{0, 3, 1, 1}, {0, 1}, {1, 2}, {2, 3, 2}, {1, 3, 3}};
  shape.dead_letters = {4, 4, 4};
  CHECK(Routes(Topology(shape)).refusal_path(0) == 3);
  shape.edges.pop_back();
  CHECK(Routes(Topology(shape)).refusal_path(0) == 2);
  shape.edges.pop_back();
  CHECK(Routes(Topology(shape)).refusal_path(0) == 0);
}

TEST_CASE("before a relay are the sources and the accounts that a record passes on its way into it") {
  for_random_shapes(4, [](const Topology& topology, const Topology::Shape& shape) {
    const Routes routes(topology);
    REQUIRE(routes.relays().size() == shape.relays.size());
    for (size_t i = 0; i < shape.relays.size(); ++i) {
      const Routes::Relay& relay = routes.relays()[i];
      Set sources;
      Set edges;
      for (size_t source = 0; source < shape.nodes.size(); ++source) {
        if (!shape.nodes[source].is_source) continue;
        for (const Record& record : records_of(shape, Over::relays, source)) {
          const Hop last = record.back();
          if (last.node == relay.input && source != relay.output) sources.insert(source);
          if (last.edge == Topology::none || edges.contains(last.edge) || !shape.edges[last.edge].takes_over) continue;
          for (const Record& taken : records_of(shape, Over::relays, last)) {
            if (taken.back().node == relay.input) edges.insert(last.edge);
          }
        }
      }
      REQUIRE(relay.input == shape.relays[i].input);
      REQUIRE(relay.output == shape.relays[i].output);
      REQUIRE(set_of(relay.sources_before) == sources);
      REQUIRE(set_of(relay.edges_before) == edges);
    }
  });
}

TEST_CASE("a record that an edge took over still goes to the dead letter of an edge before it") {
  // 0 -> 1 -> 2, and the first edge's dead letter is the relay 3 -> 4.
  Topology::Shape shape;
  shape.nodes = {{true, false}, {}, {false, true}, {false, true}, {true, false}};
  shape.edges = {{0, 1, 1}, {1, 2, 0, 0, true}};
  shape.dead_letters = {3};
  shape.relays = {{3, 4}};
  const Routes routes{Topology(shape)};
  REQUIRE(routes.relays().size() == 1);
  CHECK(routes.relays()[0].sources_before == std::vector<size_t>{0});
  CHECK(routes.relays()[0].edges_before == std::vector<size_t>{1});
}

TEST_CASE("a way holds each node and edge between a source and a sink once, every node before those it feeds") {
  for_random_shapes(5, [](const Topology& topology, const Topology::Shape& shape) {
    std::map<std::pair<size_t, size_t>, std::pair<Set, Set>> expected;
    for (size_t source = 0; source < shape.nodes.size(); ++source) {
      if (!shape.nodes[source].is_source) continue;
      for (const Record& record : records_of(shape, Over::edges, source)) {
        if (!shape.nodes[record.back().node].is_sink) continue;
        auto& [nodes, edges] = expected[{source, record.back().node}];
        for (const Hop& hop : record) {
          nodes.insert(hop.node);
          if (hop.edge != Topology::none) edges.insert(hop.edge);
        }
      }
    }
    const Routes routes(topology);
    REQUIRE(routes.ways().size() == expected.size());
    for (const Routes::Way& way : routes.ways()) {
      std::vector<size_t> nodes;
      std::vector<size_t> edges;
      for (const Routes::Step& step : way.steps) {
        nodes.push_back(step.node);
        edges.insert(edges.end(), step.edges.begin(), step.edges.end());
        for (const size_t edge : step.edges) {
          REQUIRE(shape.edges[edge].from == step.node);
          REQUIRE(std::find(nodes.begin(), nodes.end(), shape.edges[edge].to) == nodes.end());
        }
      }
      const auto& [all_nodes, all_edges] = expected.at({way.source, way.sink});
      REQUIRE(set_of(nodes) == all_nodes);
      REQUIRE(set_of(edges) == all_edges);
      REQUIRE(nodes.front() == way.source);
      REQUIRE(nodes.back() == way.sink);
    }
  });
}

TEST_CASE("the heaviest way weighs as much as the heaviest record") {
  std::mt19937 random(7);
  for_random_shapes(6, [&](const Topology& topology, const Topology::Shape& shape) {
    std::vector<int64_t> weights;
    std::vector<size_t> order;
    for (size_t i = 0; i < shape.nodes.size(); ++i) {
      weights.push_back(static_cast<int64_t>(random() % 10));
      order.push_back(i);
    }
    int64_t heaviest = -1;
    for (size_t source = 0; source < shape.nodes.size(); ++source) {
      if (!shape.nodes[source].is_source) continue;
      for (const Record& record : records_of(shape, Over::edges, source)) {
        int64_t sum = 0;
        for (const Hop& hop : record) sum += weights[hop.node];
        heaviest = std::max(heaviest, sum);
      }
    }
    const std::vector<size_t> way = topology.heaviest_way(weights, order);
    REQUIRE(shape.nodes[way.front()].is_source);
    int64_t sum = 0;
    for (size_t i = 0; i < way.size(); ++i) {
      sum += weights[way[i]];
      if (i == 0) continue;
      const auto joins = [&](size_t edge) { return shape.edges[edge].to == way[i]; };
      const std::vector<size_t>& out = topology.edges_out_of(way[i - 1]);
      REQUIRE(std::any_of(out.begin(), out.end(), joins));
    }
    REQUIRE(sum == heaviest);
  });
}

TEST_CASE("the edges behind a node end where the walk is told to") {
  for_random_shapes(8, [](const Topology& topology, const Topology::Shape& shape) {
    const auto goes_on = [&](size_t edge) { return !shape.edges[edge].takes_over; };
    for (size_t node = 0; node < shape.nodes.size(); ++node) {
      Set edges;
      for (const Record& record : records_of(shape, Over::edges, node)) {
        if (record.size() == 1) continue;
        const bool went_on =
            std::all_of(record.begin() + 1, record.end() - 1, [&](const Hop& hop) { return goes_on(hop.edge); });
        if (went_on) edges.insert(record.back().edge);
      }
      REQUIRE(set_of(topology.edges_behind(node, goes_on)) == edges);
    }
  });
}

TEST_CASE("a walk ends in a cycle") {
  Topology::Shape shape;
  shape.nodes = {{true, false}, {}, {}, {false, true}};
  shape.edges = {{0, 1}, {1, 2}, {2, 1}, {2, 3, 1}};
  shape.dead_letters = {3};
  const Topology topology(shape);
  CHECK(topology.behind({0}, Over::relays).nodes == std::vector<size_t>{0, 1, 2, 3});
  CHECK(topology.before(3).edges.size() == 4);
  CHECK(topology.between(0, 3).direct.size() == 4);
  CHECK(Routes(topology).ways().size() == 1);
}

}  // namespace
}  // namespace sluice::engine
