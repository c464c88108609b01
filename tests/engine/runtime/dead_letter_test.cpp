// SPDX-License-Identifier: Apache-2.0
// Permanent failures: they go to the nearest dead letter upstream on their own path, wait there for room like anything
// else, and without one stop the graph by name.
#include <algorithm>
#include <thread>

#include "checks.hpp"
#include "gather.hpp"
#include "held_sink.hpp"

using namespace sluice;
using namespace sluice::testing;
using engine::GraphRuntime;
using records::Verdict;

namespace {

std::vector<uint64_t> sorted(std::vector<uint64_t> numbers) {
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

std::vector<uint64_t> numbers_where(uint64_t total, const std::function<bool(uint64_t)>& wanted) {
  std::vector<uint64_t> numbers;
  for (uint64_t i = 0; i < total; ++i) {
    if (wanted(i)) numbers.push_back(i);
  }
  return numbers;
}

/// Passes everything on, but gives the numbers that are asked for a payload of this many bytes.
FunctionState inflate(uint64_t bytes, std::function<bool(uint64_t)> wanted) {
  return {.process = [bytes, wanted = std::move(wanted)](Context& context, Batch batch) -> Result<void> {
    for (uint32_t i = 0; i < batch.size(); ++i) {
      if (!wanted(number_of(batch[i]))) continue;
      const Buffer buffer = context.new_buffer(bytes);
      std::memset(buffer.data(), ' ', bytes);
      std::memcpy(buffer.data(), batch[i].payload().data(), batch[i].payload().size());
      const uint32_t pinned = batch.pin(buffer);
      batch[i].set_payload(buffer.data(), static_cast<uint32_t>(bytes), pinned);
    }
    context.emit(0, std::move(batch));
    return {};
  }};
}

/// numbers into good, whose rejects go to dead.
template <typename State>
void wire_with_dead_letter(GraphBuilder& graph, NumbersState& numbers, CollectState& good,
                           const sluice_node_type& dead_type, State& dead) {
  graph.node("numbers", numbers_type, numbers);
  graph.node("good", collect_type, good);
  graph.node("dead", dead_type, dead);
  graph.buffered("numbers", "good", {50, 1 << 20}).dead_letter = graph.dead_letter("dead");
}

}  // namespace

TEST_CASE("a refused record goes to the nearest dead letter upstream on its path") {
  NumbersState numbers{.total = 1'000, .per_batch = 20};
  FunctionState route = route_by_number(2);
  CollectState even;
  CollectState odd;
  even.is_refused = [](uint64_t number) { return number % 10 == 4; };
  odd.is_refused = [](uint64_t number) { return number % 10 == 7; };
  CollectState far;
  CollectState near;
  GraphBuilder graph;
  graph.plan.attributes = {
      {"reject_reason", SLUICE_VALUE_TEXT}, {"reject_code", SLUICE_VALUE_TEXT}, {"reject_node", SLUICE_VALUE_TEXT}};
  graph.node("numbers", numbers_type, numbers);
  graph.node("route", transform_function_type, route, {"even", "odd"});
  graph.node("even", collect_type, even);
  graph.node("odd", collect_type, odd);
  graph.node("far", collect_type, far);
  graph.node("near", collect_type, near);
  graph.edge("numbers", "route").dead_letter = graph.dead_letter("far");
  graph.buffered("route", "even", {50, 1 << 20}, 0);
  graph.buffered("route", "odd", {50, 1 << 20}, 1).dead_letter = graph.dead_letter("near");
  GraphRuntime runtime(graph.build(), {});
  const auto report = run_to_end(runtime);
  CHECK(sorted(far.snapshot()) == numbers_where(1'000, even.is_refused));
  CHECK(sorted(near.snapshot()) == numbers_where(1'000, odd.is_refused));
  CHECK(node_in(report, "numbers").account.count(Verdict::dead_lettered) == 200);
  CHECK(settled_as(node_in(report, "even"), Verdict::dead_lettered) == 100);
}

TEST_CASE("a dead letter says why, with what code, and which node refused") {
  NumbersState numbers{.total = 10, .per_batch = 10};
  CollectState good;
  good.is_refused = [](uint64_t number) { return number == 3; };
  std::vector<std::string> texts;
  FunctionState dead{.process = [&](Context& context, Batch batch) -> Result<void> {
    for (const char* name : {"reject_reason", "reject_code", "reject_node"}) {
      texts.emplace_back(batch[0].text(context.attribute(name)));
    }
    std::move(batch).deliver();
    return {};
  }};
  GraphBuilder graph;
  graph.plan.attributes = {
      {"reject_reason", SLUICE_VALUE_TEXT}, {"reject_code", SLUICE_VALUE_TEXT}, {"reject_node", SLUICE_VALUE_TEXT}};
  wire_with_dead_letter(graph, numbers, good, sink_function_type, dead);
  GraphRuntime runtime(graph.build(), {});
  run_to_end(runtime);
  CHECK(texts == std::vector<std::string>{"the test refuses it", "22003", "good"});
}

TEST_CASE("one batch of records of several paths is parted: each goes its own way") {
  NumbersState numbers{.total = 400, .per_batch = 40};
  FunctionState route = route_by_number(2);
  GatherState gather{.records = 64};
  CollectState all;
  all.is_refused = [](uint64_t number) { return number % 4 < 2; };
  CollectState even;
  CollectState odd;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers);
  graph.node("route", transform_function_type, route, {"even", "odd"});
  graph.node("gather", gather_type, gather);
  graph.node("all", collect_type, all);
  graph.node("even", collect_type, even);
  graph.node("odd", collect_type, odd);
  graph.edge("numbers", "route");
  graph.edge("route", "gather", 0).dead_letter = graph.dead_letter("even");
  graph.edge("route", "gather", 1).dead_letter = graph.dead_letter("odd");
  graph.edge("gather", "all");
  for (engine::PlanDeadLetter& dead_letter : graph.plan.dead_letters) dead_letter.stop_after = {400, 400};
  GraphRuntime runtime(graph.build(), {});
  run_to_end(runtime);
  CHECK(sorted(even.snapshot()) == numbers_where(400, [](uint64_t number) { return number % 4 == 0; }));
  CHECK(sorted(odd.snapshot()) == numbers_where(400, [](uint64_t number) { return number % 4 == 1; }));
}

TEST_CASE(
    "a source settles what it read: discarded, or refused to the first dead letter behind it, and its position moves") {
  for (const bool is_refused : {false, true}) {
    NumbersState numbers{.total = 4'000, .per_batch = 200, .has_positions = true};
    numbers.is_settled_here = [](uint64_t first) { return first / 100 % 4 == 0; };
    std::vector<uint64_t> settled;
    numbers.settles = [&](Batch batch) {
      for (uint32_t i = 0; i < batch.size(); ++i) settled.push_back(number_of(batch[i]));
      if (is_refused) {
        std::move(batch).fail(permanent("it has no value", "tombstone"));
      } else {
        std::move(batch).discard("tombstone");
      }
    };
    FunctionState pass{.process = [](Context& context, Batch batch) -> Result<void> {
      context.emit(0, std::move(batch));
      return {};
    }};
    CollectState good;
    CollectState dead;
    GraphBuilder graph;
    graph.node("numbers", numbers_type, numbers).facts.replay = sluice::Replay::from_commit;
    graph.node("pass", transform_function_type, pass);
    graph.node("good", collect_type, good);
    graph.node("dead", collect_type, dead);
    graph.edge("numbers", "pass");
    graph.buffered("pass", "good", {500, 1 << 20}).dead_letter = graph.dead_letter("dead");
    // More than stop_after allows of what a sink refuses: here they say nothing of a schema.
    graph.plan.dead_letters.back().stop_after = {10, 20};
    GraphRuntime runtime(graph.build(), {});
    const auto report = run_to_end(runtime);
    CHECK_FALSE(runtime.failure());
    REQUIRE(settled.size() > 100);
    CHECK(sorted(dead.snapshot()) == (is_refused ? settled : std::vector<uint64_t>()));
    CHECK(good.snapshot().size() == 4'000 - settled.size());
    const auto& account = node_in(report, "numbers").account;
    CHECK(account.count(is_refused ? Verdict::dead_lettered : Verdict::discarded) == settled.size());
    CHECK(account.count(Verdict::delivered) == 4'000 - settled.size());
    CHECK(numbers.committed == 4'000);
  }
}

TEST_CASE("what a source refuses stops a graph that has no dead letter for it") {
  NumbersState numbers{.total = 100, .per_batch = 10, .has_positions = true};
  numbers.is_settled_here = [](uint64_t first) { return first == 50; };
  numbers.settles = [](Batch batch) { std::move(batch).fail(permanent("it has no value")); };
  CollectState good;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers).facts.replay = sluice::Replay::from_commit;
  graph.node("good", collect_type, good);
  graph.edge("numbers", "good");
  GraphRuntime runtime(graph.build(), {});
  REQUIRE_FALSE(runtime.open());
  runtime.start();
  runtime.wait();
  REQUIRE(runtime.failure());
  CHECK(runtime.failure()->node == "numbers");
  CHECK(runtime.failure()->error.message.find("no edge behind it has a dead_letter") != std::string::npos);
  CHECK(numbers.committed <= 50);
}

TEST_CASE("a record larger than its whole edge goes to the dead letter, its neighbours pass") {
  NumbersState numbers{.total = 300, .per_batch = 10};
  FunctionState large = inflate(9'000, [](uint64_t number) { return number % 100 == 42; });
  CollectState good;
  CollectState dead;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers);
  graph.node("large", transform_function_type, large);
  graph.node("good", collect_type, good);
  graph.node("dead", collect_type, dead);
  graph.edge("numbers", "large");
  graph.buffered("large", "good", {100, 4'000}).dead_letter = graph.dead_letter("dead");
  GraphRuntime runtime(graph.build(), {});
  const auto report = run_to_end(runtime);
  CHECK(dead.snapshot() == std::vector<uint64_t>{42, 142, 242});
  CHECK(good.snapshot() == numbers_where(300, [](uint64_t number) { return number % 100 != 42; }));
  CHECK(edge_in(report, "large -> good").rejected == 3);
}

TEST_CASE("without a dead letter a permanent failure stops the graph, names the node and shows the record") {
  NumbersState numbers{.total = 100, .per_batch = 10, .has_positions = true};
  CollectState good;
  good.is_refused = [](uint64_t number) { return number == 57; };
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers).facts.replay = sluice::Replay::from_commit;
  graph.node("good", collect_type, good);
  graph.buffered("numbers", "good", {50, 1 << 20});
  GraphRuntime runtime(graph.build(), {});
  begin(runtime);
  runtime.wait();
  REQUIRE(runtime.failure());
  CHECK(runtime.failure()->node == "good");
  CHECK(runtime.failure()->error.category == Category::operator_needed);
  CHECK(runtime.failure()->error.message.find("the test refuses it") != std::string::npos);
  CHECK(runtime.failure()->error.message.find("57") != std::string::npos);
  CHECK(numbers.committed <= 50);
  const auto report = runtime.report();
  require_balance(report);
  CHECK(engine::judge(report).will_be_replayed > 0);
}

TEST_CASE("without a dead letter a record larger than its edge stops the graph and names the edge") {
  NumbersState numbers{.total = 10, .per_batch = 10};
  FunctionState large = inflate(9'000, [](uint64_t number) { return number == 4; });
  CollectState good;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers);
  graph.node("large", transform_function_type, large);
  graph.node("good", collect_type, good);
  graph.edge("numbers", "large");
  graph.buffered("large", "good", {100, 4'000});
  GraphRuntime runtime(graph.build(), {});
  begin(runtime);
  runtime.wait();
  REQUIRE(runtime.failure());
  CHECK(runtime.failure()->node == "large");
  CHECK(runtime.failure()->error.message.find("large -> good") != std::string::npos);
  require_balance(runtime.report());
}

TEST_CASE("a full dead letter pauses the stage that rejects, and nothing is lost") {
  NumbersState numbers{.total = 2'000, .per_batch = 10};
  CollectState good;
  good.is_refused = [](uint64_t number) { return number % 2 == 0; };
  HeldState dead;
  GraphBuilder graph;
  wire_with_dead_letter(graph, numbers, good, held_type, dead);
  graph.plan.dead_letters[0].bound = {12, 1 << 20};
  graph.plan.dead_letters[0].stop_after = {2'000, 2'000};
  GraphRuntime runtime(graph.build(), {});
  begin(runtime);
  REQUIRE(dead.wait_for(1));
  // The dead letter holds 5, its edge 10 of 12, and 5 wait for room: then the stage takes nothing more.
  // Who waits for room before an edge is told of it when the edge is half empty, so 70 come without a wake.
  REQUIRE(numbers.signal.wait([&] { return numbers.emitted >= 70; }));
  for (int i = 0; i < 5; ++i) {
    const int before = numbers.polls_without_credit;
    numbers.context.wake();
    REQUIRE(numbers.signal.wait([&] { return numbers.polls_without_credit > before; }));
  }
  CHECK(numbers.emitted <= 100);
  CHECK(edge_in(runtime.report(), "dead letter to dead").waiting <= 12);
  uint64_t dead_count = 0;
  while (!runtime.wait_for(std::chrono::milliseconds(0)) && dead_count < 1'000) {
    REQUIRE(dead.wait_for(1));
    Batch batch = dead.take();
    dead_count += batch.size();
    std::move(batch).deliver();
  }
  runtime.wait();
  require_no_failure(runtime);
  const auto report = runtime.report();
  require_balance(report);
  CHECK(dead_count == 1'000);
  CHECK(good.snapshot().size() == 1'000);
  CHECK(node_in(report, "numbers").account.count(Verdict::dead_lettered) == 1'000);
}

TEST_CASE("as many refused as stop_after says are a wrong schema: the graph stops, the rest stays unsettled") {
  NumbersState numbers{.total = 1'000, .per_batch = 1};
  CollectState good;
  good.is_refused = [](uint64_t number) { return number >= 10; };
  CollectState dead;
  GraphBuilder graph;
  wire_with_dead_letter(graph, numbers, good, collect_type, dead);
  graph.plan.dead_letters[0].stop_after = {6, 6};
  GraphRuntime runtime(graph.build(), {});
  begin(runtime);
  runtime.wait();
  REQUIRE(runtime.failure());
  CHECK(runtime.failure()->node == "good");
  CHECK(runtime.failure()->error.message.find("stop_after") != std::string::npos);
  const auto report = runtime.report();
  require_balance(report);
  CHECK(dead.snapshot().size() <= 5);
  CHECK(settled_as(node_in(report, "good"), Verdict::dead_lettered) == 5);
  CHECK(node_in(report, "numbers").account.unsettled > 0);
}

TEST_CASE("a schema that is half wrong stops the graph, though no two refusals are next to each other") {
  NumbersState numbers{.total = 1'000, .per_batch = 1};
  CollectState good;
  good.is_refused = [](uint64_t number) { return number % 2 == 1; };
  CollectState dead;
  GraphBuilder graph;
  wire_with_dead_letter(graph, numbers, good, collect_type, dead);
  GraphRuntime runtime(graph.build(), {});
  begin(runtime);
  runtime.wait();
  REQUIRE(runtime.failure());
  CHECK(runtime.failure()->node == "good");
  const auto report = runtime.report();
  require_balance(report);
  CHECK(settled_as(node_in(report, "good"), Verdict::dead_lettered) == 99);
  CHECK(settled_as(node_in(report, "good"), Verdict::delivered) >= 100);
}

TEST_CASE("refusals among many good records never stop the graph, of sinks, transforms and edges alike") {
  NumbersState numbers{.total = 5'000, .per_batch = 10};
  FunctionState check{.process = [](Context& context, Batch batch) -> Result<void> {
    std::vector<uint8_t> lanes(batch.size(), 0);
    for (uint32_t i = 0; i < batch.size(); ++i) lanes[i] = number_of(batch[i]) % 10 == 1 ? 1 : 0;
    auto parts = std::move(batch).split(lanes.data(), 2);
    context.emit(0, std::move(parts[0]));
    if (parts[1]) std::move(parts[1]).fail(permanent("no number that ends with 1"));
    return {};
  }};
  FunctionState large = inflate(9'000, [](uint64_t number) { return number % 20 == 2; });
  CollectState good;
  good.is_refused = [](uint64_t number) { return number % 10 == 3; };
  CollectState dead;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers);
  graph.node("check", transform_function_type, check);
  graph.node("large", transform_function_type, large);
  graph.node("good", collect_type, good);
  graph.node("dead", collect_type, dead);
  graph.edge("numbers", "check").dead_letter = graph.dead_letter("dead");
  graph.edge("check", "large");
  graph.buffered("large", "good", {100, 4'000});
  graph.plan.dead_letters[0].stop_after = {100, 200};
  GraphRuntime runtime(graph.build(), {});
  const auto report = run_to_end(runtime);
  CHECK(dead.snapshot().size() == 500 + 250 + 500);
  CHECK(node_in(report, "numbers").account.unsettled == 0);
}

TEST_CASE("a dead letter that refuses its record stops the graph") {
  NumbersState numbers{.total = 100, .per_batch = 10};
  CollectState good;
  good.is_refused = [](uint64_t number) { return number == 3; };
  CollectState dead;
  dead.is_refused = [](uint64_t) { return true; };
  GraphBuilder graph;
  wire_with_dead_letter(graph, numbers, good, collect_type, dead);
  GraphRuntime runtime(graph.build(), {});
  begin(runtime);
  runtime.wait();
  REQUIRE(runtime.failure());
  CHECK(runtime.failure()->node == "dead");
  CHECK(runtime.failure()->error.message.find("dead letter") != std::string::npos);
  require_balance(runtime.report());
}

TEST_CASE("a dead letter that holds until it is flushed is flushed behind the last reject") {
  for (const bool stops : {false, true}) {
    NumbersState numbers{.total = 200, .per_batch = 10, .ends = !stops};
    HeldState slow;
    CollectState refused;
    std::vector<Batch> kept;
    uint64_t stored = 0;
    FunctionState dead{.process = [&](Context&, Batch batch) -> Result<void> {
                         kept.push_back(std::move(batch));
                         return {};
                       },
                       .flush = [&](Context&, Flush) -> Result<void> {
                         for (Batch& batch : kept) {
                           stored += batch.size();
                           std::move(batch).deliver();
                         }
                         kept.clear();
                         return {};
                       }};
    GraphBuilder graph;
    graph.node("numbers", numbers_type, numbers);
    graph.node("slow", held_type, slow).facts.max_in_flight = 100;
    graph.node("dead", sink_function_type, dead).facts.max_in_flight = 100;
    graph.buffered("numbers", "slow", {500, 1 << 20}).dead_letter = graph.dead_letter("dead");
    graph.plan.dead_letters[0].stop_after = {1'000, 1'000};
    GraphRuntime runtime(graph.build(), {});
    begin(runtime);
    REQUIRE(slow.wait_for(20));
    if (stops) runtime.request_stop();
    // All the sink's own markers have passed before it refuses the first of them.
    CHECK_FALSE(runtime.wait_for(std::chrono::milliseconds(1)));
    REQUIRE(slow.signal.wait([&] { return slow.flushes > 0; }));
    while (slow.count() > 0) slow.take().fail(permanent("late"));
    runtime.wait();
    require_no_failure(runtime);
    require_balance(runtime.report());
    CHECK(stored == 200);
  }
}

TEST_CASE("a run is not over before a dead letter was flushed behind its last reject, though all has settled") {
  NumbersState numbers{.total = 10, .per_batch = 10};
  HeldState slow;
  std::atomic<uint64_t> stored{0};
  std::atomic<uint64_t> flushed{0};  // as many as were stored
  std::atomic<int> flushes{0};
  std::atomic<bool> is_free{false};
  FunctionState dead;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers);
  graph.node("slow", held_type, slow).facts.max_in_flight = 10;
  graph.node("dead", sink_function_type, dead);
  graph.buffered("numbers", "slow", {500, 1 << 20}).dead_letter = graph.dead_letter("dead");
  GraphRuntime runtime(graph.build(), {});
  dead.process = [&](Context&, Batch batch) -> Result<void> {
    stored += batch.size();
    std::move(batch).deliver();
    while (!is_free && !runtime.is_closing()) std::this_thread::yield();
    return {};
  };
  dead.flush = [&](Context&, Flush) -> Result<void> {
    flushed = stored.load();
    ++flushes;
    return {};
  };
  begin(runtime);
  REQUIRE(slow.wait_for(1));
  while (slow.flushes == 0 || flushes == 0) REQUIRE_FALSE(runtime.wait_for(std::chrono::milliseconds(1)));
  slow.take().fail(permanent("late"));
  while (node_in(runtime.report(), "numbers").account.unsettled != 0) std::this_thread::yield();
  CHECK_FALSE(runtime.wait_for(std::chrono::milliseconds(0)));
  is_free = true;
  runtime.wait();
  require_no_failure(runtime);
  CHECK(stored == 10);
  CHECK(flushed == 10);
}
