// SPDX-License-Identifier: Apache-2.0
// A plugin in plain C, loaded from its file, runs in the engine.
#include "checks.hpp"
#include "loader/plugin.hpp"
#include "test_nodes.hpp"

using namespace sluice;
using namespace sluice::testing;
using engine::GraphRuntime;
using records::Verdict;

namespace {

/// An object of numbers, as the options of plain_c's nodes are.
std::shared_ptr<std::vector<sluice_config>> options_of(std::initializer_list<int64_t> numbers) {
  auto all = std::make_shared<std::vector<sluice_config>>(1 + numbers.size());
  for (sluice_config& config : *all) config.struct_size = sizeof(sluice_config);
  size_t at = 1;
  for (const int64_t number : numbers) {
    (*all)[at].kind = SLUICE_COUNT;
    (*all)[at++].integer = number;
  }
  all->front().kind = SLUICE_OBJECT;
  all->front().items = all->data() + 1;
  all->front().item_count = numbers.size();
  return all;
}

struct Fixture {
  Fixture() : loaded(engine::load_plugin(FIXTURES "/plain_c.so")) {
    if (!loaded) FAIL(loaded.error().message);
    graph.plan.attributes = {{"number", SLUICE_VALUE_INTEGER}};
  }
  engine::PlanNode& node(std::string name, size_t type, std::initializer_list<int64_t> options) {
    engine::PlanNode& made = graph.node(std::move(name), (*loaded)->types.at(type).slots, nothing);
    const auto owned = options_of(options);
    made.options = owned->data();
    made.options_owner = owned;
    return made;
  }
  Result<std::unique_ptr<engine::Plugin>> loaded;
  int nothing = 0;
  GraphBuilder graph;
};

int64_t metric_of(const engine::NodeReport& node, std::string_view name) {
  for (const auto& [known, value] : node.metrics) {
    if (known == name) return value;
  }
  return -1;
}

}  // namespace

TEST_CASE("a plain C source, transform and sink run over direct and buffered edges") {
  for (const bool is_buffered : {false, true}) {
    Fixture f;
    f.node("numbers", 0, {10'000, 64}).facts.replay = sluice::Replay::from_beginning;
    f.node("upper", 1, {});
    f.node("end", 2, {0});
    f.graph.edge("numbers", "upper");
    if (is_buffered) {
      f.graph.buffered("upper", "end", {100, 1 << 16});
    } else {
      f.graph.edge("upper", "end");
    }
    GraphRuntime runtime(f.graph.build(), {});
    const auto report = run_to_end(runtime);
    CHECK(node_in(report, "numbers").account.count(Verdict::delivered) == 10'000);
    CHECK(metric_of(node_in(report, "end"), "delivered_total") == 10'000);
  }
}

TEST_CASE("what a plain C sink refuses goes to a dead letter, changed payload and attribute with it") {
  Fixture f;
  std::vector<std::pair<std::string, int64_t>> refused;
  FunctionState dead{.process = [&](Context& context, Batch batch) -> Result<void> {
    for (uint32_t i = 0; i < batch.size(); ++i) {
      refused.emplace_back(batch[i].payload(), batch[i].integer(context.attribute("number")).value_or(-1));
    }
    std::move(batch).deliver();
    return {};
  }};
  f.node("numbers", 0, {1'000, 64}).facts.replay = sluice::Replay::from_beginning;
  f.node("upper", 1, {});
  f.node("end", 2, {250});
  f.graph.node("dead", sink_function_type, dead);
  f.graph.edge("numbers", "upper");
  f.graph.buffered("upper", "end", {100, 1 << 16}).dead_letter = f.graph.dead_letter("dead");
  GraphRuntime runtime(f.graph.build(), {});
  const auto report = run_to_end(runtime);
  CHECK(refused == std::vector<std::pair<std::string, int64_t>>{
                       {"{\"N\":250}", 250}, {"{\"N\":500}", 500}, {"{\"N\":750}", 750}, {"{\"N\":1000}", 1'000}});
  CHECK(node_in(report, "numbers").account.count(Verdict::dead_lettered) == 4);
}

TEST_CASE("a plain C source is stopped in full flow") {
  Fixture f;
  f.node("numbers", 0, {INT64_MAX, 64}).facts.replay = sluice::Replay::from_beginning;
  f.node("upper", 1, {});
  f.node("end", 2, {0});
  f.graph.buffered("numbers", "upper", {100, 1 << 16});
  f.graph.buffered("upper", "end", {100, 1 << 16});
  GraphRuntime runtime(f.graph.build(), {});
  begin(runtime);
  while (node_in(runtime.report(), "end").in < 1'000) CHECK_FALSE(runtime.wait_for(std::chrono::milliseconds(1)));
  runtime.request_stop();
  runtime.wait();
  require_no_failure(runtime);
  const auto report = runtime.report();
  require_balance(report);
  CHECK(node_in(report, "numbers").account.unsettled == 0);
}
