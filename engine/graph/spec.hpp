// SPDX-License-Identifier: Apache-2.0
// What a graph file says, as plain data with places: the first of the two forms between text and runtime (spec ->
// plan). It is well formed (names, types, ranges, units) but not yet judged against plugins: node options are still the
// YAML that was written, with variables unexpanded, and ports left out are empty.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "place.hpp"
#include "yaml_node.hpp"

namespace sluice::engine {

enum class WhenFull : std::uint8_t { block, drop_newest, drop_oldest, conflate };
enum class Commit : std::uint8_t { on_delivery, on_accept };
// From the weakest to the strongest. best_effort may lose and may repeat.
enum class Guarantee : std::uint8_t { best_effort, at_most_once, at_least_once, effectively_once };

std::string_view word(WhenFull value);
std::string_view word(Commit value);
std::string_view word(Guarantee value);

// Hard bounds; an absent one was not written.
struct BoundsSpec {
  std::optional<Placed<std::uint64_t>> records;
  std::optional<Placed<std::uint64_t>> bytes;
  Place place;
};

// node or node.port; an empty port is the only one of its node.
struct PortSpec {
  std::string node;
  std::string port;
  Place place;
  std::string text() const { return port.empty() ? node : node + "." + port; }
};

struct WhenFullSpec {
  WhenFull policy = WhenFull::block;
  std::string conflate_key;  // an attribute, with conflate only
  Place place;
};

// A node stops the graph when so many of its latest verdicts are rejects: that is a wrong schema, not bad records.
struct StopAfter {
  std::uint64_t rejects = 100;
  std::uint64_t of = 200;  // at least `rejects`
};

struct DeadLetterSpec {
  Placed<std::string> node;
  std::optional<BoundsSpec> buffer;
  std::optional<StopAfter> stop_after;
  Place place;
};

// One link. A chain of n names in the file makes n-1 of these.
struct EdgeSpec {
  PortSpec from;
  PortSpec to;
  std::optional<BoundsSpec> buffer;
  std::optional<WhenFullSpec> when_full;
  std::optional<Placed<Commit>> commit;
  std::optional<DeadLetterSpec> dead_letter;
  Place place;
  std::string subject() const;  // edge "route.trades -> trade_log"
};

struct NodeSpec {
  Placed<std::string> name;
  Placed<std::string> type;
  std::optional<BoundsSpec> in_flight;
  YamlNode options;  // a map: everything but `type` and `in_flight`, as written
  std::string subject() const;
};

struct ProcessSpec {
  Placed<std::string> name;
  std::vector<Placed<std::string>> from;
  std::optional<Placed<std::string>> http;  // as written, variables unexpanded
  std::string subject() const;
};

struct RequireSpec {
  Placed<std::string> sink;
  Placed<Guarantee> guarantee;
};

struct GraphSpec {
  Placed<std::string> name;
  std::vector<ProcessSpec> processes;
  std::vector<NodeSpec> nodes;
  std::vector<EdgeSpec> edges;
  std::vector<RequireSpec> require;
  std::optional<Placed<std::int64_t>> latency;  // nanoseconds from a record's emission to its last verdict

  const NodeSpec* find_node(std::string_view name) const;
};

}  // namespace sluice::engine
