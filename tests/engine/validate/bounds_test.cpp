// SPDX-License-Identifier: Apache-2.0
// in_flight by default, and the memory bound.
#include <numeric>

#include "catch.hpp"
#include "planning.hpp"

namespace sluice::engine::testing {
namespace {

constexpr uint64_t mebibyte = uint64_t{1} << 20;

std::string with_in_flight(const std::string& in_flight, const std::string& within = "") {
  return "graph: bounds\nnodes:\n  feed: { type: source" + in_flight + " }\n  gather: { type: change, holds: 500" +
         within +
         " }\n  end: { type: sink, most: 4, memory: 3MiB }\n"
         "edges:\n  - { from: feed, to: gather, buffer: { records: 50k, bytes: 32MiB } }\n  - gather -> end\n";
}

TEST_CASE("in_flight is by default what can wait behind the source") {
  const Outcome outcome = plan_text_of(with_in_flight(""));
  REQUIRE(outcome.planned.plan);
  // The edge, one batch that is gathered, and four of the sink's, which get at least 1000 records each.
  CHECK(outcome.node("feed").in_flight.records == 50'000 + 500 + 4 * 1000);
  CHECK(outcome.node("feed").in_flight.bytes == 32 * mebibyte + 500 * 1024 + 4 * mebibyte);
}

TEST_CASE("what a node absorbs counts for in_flight and the memory, and not as a batch that travels on") {
  const auto graph = [](const std::string& absorbs) {
    return plan_text_of(
        "graph: bounds\nnodes:\n  feed: { type: source }\n  window: { type: change, holds: 50k" + absorbs +
        " }\n  end: { type: sink, most: 4 }\n"
        "edges:\n  - feed -> window\n  - { from: window, to: end, buffer: { records: 1k, bytes: 1MiB } }\n");
  };
  CHECK(graph("").codes() == std::vector<std::string>{"batch-above-buffer"});
  const Outcome outcome = graph(", absorbs: all");
  REQUIRE(outcome.planned.plan);
  CHECK(outcome.node("window").facts.absorbs);
  // What is held, the edge, and four of the sink's, which get at least 1000 records each.
  CHECK(outcome.node("feed").in_flight.records == 50'000 + 1'000 + 4 * 1'000);
  CHECK(outcome.planned.plan->memory_bytes > outcome.node("feed").in_flight.records * sizeof(sluice_record));
}

TEST_CASE("in_flight by default has a least") {
  const Outcome outcome = plan_text_of(
      "graph: least\nnodes:\n  feed: { type: source }\n  end: { type: sink }\n"
      "edges:\n  - feed -> end\n");
  REQUIRE(outcome.planned.plan);
  CHECK(outcome.node("feed").in_flight.records == 10'000);
  CHECK(outcome.node("feed").in_flight.bytes == 16 * mebibyte);
}

TEST_CASE("a smaller in_flight is taken, with a warning that names the buffer that never fills") {
  const Outcome outcome = plan_text_of(with_in_flight(", in_flight: { records: 1k }"));
  REQUIRE(outcome.planned.plan);
  CHECK(outcome.node("feed").in_flight.records == 1000);
  CHECK(outcome.codes() == std::vector<std::string>{"in-flight-too-small"});
  CHECK(outcome.text().find("\"feed -> gather\" can never fill") != std::string::npos);
}

TEST_CASE("in_flight below a batch that waits for ever is an error, and none where the batch does not wait") {
  CHECK_FALSE(plan_text_of(with_in_flight(", in_flight: { records: 400 }")).planned.plan);
  CHECK(plan_text_of(with_in_flight(", in_flight: { records: 400 }", ", within: 1s")).planned.plan);
}

TEST_CASE("a batch that gets a part of the flow and waits without limit is a warning, others are none") {
  const auto graph = [](const std::string& parting, const std::string& gather) {
    return "graph: parts\nnodes:\n  feed: { type: source }\n  part: { type: change" + parting +
           " }\n  gather: { type: change" + gather +
           " }\n  end: { type: sink }\n  other: { type: sink }\n"
           "edges:\n  - feed -> part\n  - { from: part.usual, to: other }\n  - part.rare -> gather -> end\n";
  };
  const std::string two = ", outputs: [usual, rare]";
  const Outcome warned = plan_text_of(graph(two, ", holds: 500"));
  REQUIRE(warned.planned.plan);
  CHECK(warned.codes() == std::vector<std::string>{"holds-without-limit"});
  CHECK(plan_text_of(graph(two, ", holds: 500, within: 1s")).codes().empty());
  CHECK(plan_text_of(graph(two, ", holds: 1")).codes().empty());
  CHECK(plan_text_of(with_in_flight("")).codes().empty());
}

TEST_CASE("a latency below what nodes keep back for is a warning, along the longest way, and goes into the plan") {
  const auto graph = [](const std::string& latency) {
    return "graph: slow\n" + latency +
           "nodes:\n  feed: { type: source }\n  gather: { type: change, holds: 500, within: 2s }\n"
           "  quick: { type: change }\n  end: { type: sink }\n  other: { type: sink }\n"
           "edges:\n  - feed -> gather -> end\n  - feed -> quick -> other\n";
  };
  const Outcome short_one = plan_text_of(graph("latency: 1999ms\n"));
  REQUIRE(short_one.planned.plan);
  CHECK(short_one.planned.plan->latency_budget_ns == 1'999'000'000);
  CHECK(short_one.codes() == std::vector<std::string>{"latency-below-holds"});
  const Outcome enough = plan_text_of(graph("latency: 2s\n"));
  REQUIRE(enough.planned.plan);
  CHECK(enough.codes().empty());
  CHECK(plan_text_of(graph("")).planned.plan->latency_budget_ns == 0);
}

TEST_CASE("the memory bound is the sum of its lines") {
  const Outcome outcome = plan_text_of(with_in_flight(""));
  REQUIRE(outcome.planned.plan);
  const auto& items = outcome.planned.memory;
  const uint64_t sum = std::accumulate(items.begin(), items.end(), uint64_t{0},
                                       [](uint64_t so_far, const MemoryItem& item) { return so_far + item.bytes; });
  CHECK(outcome.plan().memory_bytes == sum);
  CHECK(items.size() == 4);
  CHECK(sum > 32 * mebibyte + 3 * mebibyte + outcome.node("feed").in_flight.bytes);
}

}  // namespace
}  // namespace sluice::engine::testing
