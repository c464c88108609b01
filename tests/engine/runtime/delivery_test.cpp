// SPDX-License-Identifier: Apache-2.0
// Records reach their sink once and in order, over direct and buffered edges, and the accounts balance.
#include "checks.hpp"
#include "test_nodes.hpp"

using namespace sluice;
using namespace sluice::testing;
using engine::GraphRuntime;

TEST_CASE("numbers pass a direct chain in order and settle") {
  NumbersState numbers{.total = 10'000, .per_batch = 7};
  FunctionState pass = pass_on();
  CollectState collected;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers);
  graph.node("pass", transform_function_type, pass);
  graph.node("collect", collect_type, collected);
  graph.edge("numbers", "pass");
  graph.edge("pass", "collect");
  GraphRuntime runtime(graph.build(), {});
  const auto report = run_to_end(runtime);
  CHECK(collected.snapshot() == first_numbers(10'000));
  const auto& account = node_in(report, "numbers").account;
  CHECK(account.received == 10'000);
  CHECK(account.count(records::Verdict::delivered) == 10'000);
  CHECK(account.unsettled == 0);
  CHECK(node_in(report, "pass").held == 0);
}

TEST_CASE("a small buffer blocks, stays within its bound, and loses nothing") {
  NumbersState numbers{.total = 20'000, .per_batch = 16};
  CollectState collected;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers);
  graph.node("collect", collect_type, collected);
  graph.buffered("numbers", "collect", {64, 1 << 20});
  GraphRuntime runtime(graph.build(), {});
  run_to_end(runtime);
  CHECK(collected.snapshot() == first_numbers(20'000));
}

TEST_CASE("refused records go to the dead letter and count as such") {
  NumbersState numbers{.total = 5'000, .per_batch = 100};
  CollectState good;
  good.is_refused = [](uint64_t number) { return number % 10 == 3; };
  CollectState dead;
  GraphBuilder graph;
  graph.plan.attributes = {{"reject_reason", SLUICE_VALUE_TEXT}, {"reject_code", SLUICE_VALUE_TEXT}};
  graph.node("numbers", numbers_type, numbers);
  graph.node("good", collect_type, good);
  graph.node("dead", collect_type, dead);
  auto& edge = graph.buffered("numbers", "good", {1000, 1 << 20});
  edge.dead_letter = graph.dead_letter("dead");
  GraphRuntime runtime(graph.build(), {});
  const auto report = run_to_end(runtime);
  CHECK(good.snapshot().size() == 4'500);
  CHECK(dead.snapshot().size() == 500);
  const auto& account = node_in(report, "numbers").account;
  CHECK(account.count(records::Verdict::delivered) == 4'500);
  CHECK(account.count(records::Verdict::dead_lettered) == 500);
  CHECK(account.unsettled == 0);
}

TEST_CASE("positions are committed up to the end") {
  NumbersState numbers{.total = 3'000, .per_batch = 10, .has_positions = true};
  CollectState collected;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers).facts.replay = sluice::Replay::from_commit;
  graph.node("collect", collect_type, collected);
  graph.buffered("numbers", "collect", {100, 1 << 20});
  GraphRuntime runtime(graph.build(), {});
  run_to_end(runtime);
  CHECK(numbers.committed == 3'000);
}
