// SPDX-License-Identifier: Apache-2.0
// What one source emits arrives in its order, over buffers, through splits and in a fan-in.
#include <algorithm>
#include <map>

#include "checks.hpp"
#include "gather.hpp"

using namespace sluice;
using namespace sluice::testing;
using engine::GraphRuntime;

namespace {

/// Whether numbers of the same class come in ascending order.
template <typename F>
bool ascend_by(const std::vector<uint64_t>& numbers, F&& class_of) {
  std::map<uint64_t, uint64_t> last;
  return std::all_of(numbers.begin(), numbers.end(), [&](uint64_t number) {
    const auto [at, is_first] = last.try_emplace(class_of(number), number);
    const bool ascends = is_first || number > at->second;
    at->second = number;
    return ascends;
  });
}

std::vector<uint64_t> sorted(std::vector<uint64_t> numbers) {
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

}  // namespace

TEST_CASE("two sources meet in one node, each in its own order") {
  NumbersState left{.total = 8'000, .per_batch = 13};
  NumbersState right{.total = 8'000, .per_batch = 5, .base = 1'000'000};
  CollectState collected;
  GraphBuilder graph;
  graph.node("left", numbers_type, left);
  graph.node("right", numbers_type, right);
  graph.node("collect", collect_type, collected);
  graph.buffered("left", "collect", {40, 1 << 20});
  graph.buffered("right", "collect", {17, 1 << 20});
  GraphRuntime runtime(graph.build(), {});
  run_to_end(runtime);
  const auto numbers = collected.snapshot();
  CHECK(numbers.size() == 16'000);
  CHECK(ascend_by(numbers, [](uint64_t number) { return number / 1'000'000; }));
}

TEST_CASE("each port of a split keeps its order through buffers of different sizes and a common batch") {
  NumbersState numbers{.total = 9'000, .per_batch = 64};
  FunctionState route = route_by_number(3);
  GatherState gather{.records = 50};
  CollectState collected;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers);
  graph.node("route", transform_function_type, route, {"a", "b", "c"});
  graph.node("gather", gather_type, gather);
  graph.node("collect", collect_type, collected);
  graph.edge("numbers", "route");
  graph.buffered("route", "gather", {5, 1 << 20}, 0);
  graph.buffered("route", "gather", {100, 1 << 20}, 1);
  graph.buffered("route", "gather", {33, 1 << 20}, 2);
  graph.edge("gather", "collect");
  GraphRuntime runtime(graph.build(), {});
  run_to_end(runtime);
  CHECK(sorted(collected.snapshot()) == first_numbers(9'000));
  CHECK(ascend_by(collected.snapshot(), [](uint64_t number) { return number % 3; }));
}

TEST_CASE("a diamond of direct edges keeps the order of each arm") {
  NumbersState numbers{.total = 3'000, .per_batch = 20};
  FunctionState route = route_by_number(2);
  FunctionState pass = pass_on();
  FunctionState join = pass_on();
  CollectState collected;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers);
  graph.node("route", transform_function_type, route, {"even", "odd"});
  graph.node("pass", transform_function_type, pass);
  graph.node("join", transform_function_type, join);
  graph.node("collect", collect_type, collected);
  graph.edge("numbers", "route");
  graph.edge("route", "join", 0);
  graph.edge("route", "pass", 1);
  graph.edge("pass", "join");
  graph.buffered("join", "collect", {8, 1 << 20});
  GraphRuntime runtime(graph.build(), {});
  run_to_end(runtime);
  CHECK(sorted(collected.snapshot()) == first_numbers(3'000));
  CHECK(ascend_by(collected.snapshot(), [](uint64_t number) { return number % 2; }));
}
