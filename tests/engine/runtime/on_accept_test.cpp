// SPDX-License-Identifier: Apache-2.0
// An on_accept edge takes records over: upstream is answered at once, as accepted and never as delivered, and the edge
// keeps an account of its own from there to the end.
#include "checks.hpp"
#include "held_sink.hpp"

using namespace sluice;
using namespace sluice::testing;
using engine::Commit;
using engine::GraphRuntime;
using engine::WhenFull;
using records::Verdict;

TEST_CASE("upstream settles as accepted at once, and the edge's account goes on") {
  NumbersState numbers{.total = 30, .per_batch = 10, .has_positions = true};
  HeldState held;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers).facts.replay = sluice::Replay::from_commit;
  graph.node("held", held_type, held).facts.max_in_flight = 10;
  graph.buffered("numbers", "held", {100, 1 << 20}).commit = Commit::on_accept;
  GraphRuntime runtime(graph.build(), {});
  begin(runtime);
  REQUIRE(held.wait_for(3));
  REQUIRE(numbers.signal.wait([&] { return numbers.committed == 30; }));
  auto report = runtime.report();
  CHECK(node_in(report, "numbers").account.count(Verdict::accepted) == 30);
  CHECK(node_in(report, "numbers").account.count(Verdict::delivered) == 0);
  CHECK(edge_in(report, "numbers -> held").account.received == 30);
  CHECK(edge_in(report, "numbers -> held").account.unsettled == 30);
  CHECK(engine::judge(report).may_be_lost == 30);
  CHECK_FALSE(runtime.wait_for(std::chrono::milliseconds(0)));
  while (held.count() > 0) held.take().deliver();
  runtime.wait();
  require_no_failure(runtime);
  report = runtime.report();
  require_balance(report);
  CHECK(edge_in(report, "numbers -> held").account.count(Verdict::delivered) == 30);
  CHECK(engine::judge(report).may_be_lost == 0);
  CHECK(engine::receipt_text(report).find("took over: accepted 30 = delivered 30") != std::string::npos);
}

TEST_CASE("what an edge had taken over and could not deliver may be lost, and the receipt says so") {
  NumbersState numbers{.total = 30, .per_batch = 10, .has_positions = true, .ends = false};
  HeldState held;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers).facts.replay = sluice::Replay::from_commit;
  graph.node("held", held_type, held);
  graph.buffered("numbers", "held", {100, 1 << 20}).commit = Commit::on_accept;
  GraphRuntime runtime(graph.build(), {});
  begin(runtime);
  REQUIRE(held.wait_for(1));
  REQUIRE(numbers.signal.wait([&] { return numbers.committed == 30; }));
  runtime.request_abort();
  runtime.wait();
  const auto report = runtime.report();
  require_balance(report);
  CHECK(engine::judge(report).may_be_lost == 30);
  CHECK(engine::judge(report).will_be_replayed == 0);
  CHECK(engine::receipt_text(report).find("unsettled, may be lost 30") != std::string::npos);
}

TEST_CASE("the losers of a dropping on_accept edge are discarded from its account, not from the source's") {
  NumbersState numbers{.total = 1'000, .per_batch = 10};
  HeldState held;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers);
  graph.node("held", held_type, held).facts.max_in_flight = 10;
  auto& edge = graph.buffered("numbers", "held", {20, 1 << 20});
  edge.commit = Commit::on_accept;
  edge.when_full = WhenFull::drop_oldest;
  GraphRuntime runtime(graph.build(), {});
  begin(runtime);
  REQUIRE(numbers.signal.wait([&] { return numbers.emitted == 1'000; }));
  while (!runtime.wait_for(std::chrono::milliseconds(0))) {
    if (held.wait_for(1)) held.take().deliver();
    if (node_in(runtime.report(), "numbers").account.unsettled == 0 &&
        edge_in(runtime.report(), "numbers -> held").account.unsettled == 0) {
      break;
    }
  }
  runtime.wait();
  require_no_failure(runtime);
  const auto report = runtime.report();
  require_balance(report);
  CHECK(node_in(report, "numbers").account.count(Verdict::accepted) == 1'000);
  CHECK(edge_in(report, "numbers -> held").account.count(Verdict::discarded) > 0);
}

TEST_CASE("a record keeps the dead letter of its path when an on_accept edge without one takes it over") {
  NumbersState numbers{.total = 1'000, .per_batch = 10};
  FunctionState pass = pass_on();
  CollectState good;
  good.is_refused = [](uint64_t number) { return number % 10 == 0; };
  CollectState dead;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers);
  graph.node("pass", transform_function_type, pass);
  graph.node("good", collect_type, good);
  graph.node("dead", collect_type, dead);
  graph.edge("numbers", "pass").dead_letter = graph.dead_letter("dead");
  graph.buffered("pass", "good", {100, 1 << 20}).commit = Commit::on_accept;
  GraphRuntime runtime(graph.build(), {});
  const auto report = run_to_end(runtime);
  CHECK(dead.snapshot().size() == 100);
  const auto& account = edge_in(report, "pass -> good").account;
  CHECK(account.count(Verdict::delivered) == 900);
  CHECK(account.count(Verdict::dead_lettered) == 100);
}

TEST_CASE("a chain of on_accept edges ends only when the last of them is empty") {
  for (int round = 0; round < 30; ++round) {
    NumbersState numbers{.total = 200, .per_batch = 1};
    FunctionState first = pass_on();
    FunctionState second = pass_on();
    CollectState collected;
    GraphBuilder graph;
    graph.node("numbers", numbers_type, numbers);
    graph.node("first", transform_function_type, first);
    graph.node("second", transform_function_type, second);
    graph.node("collect", collect_type, collected);
    // The last edge first, so that whoever looks at them in order looks against the stream.
    graph.buffered("second", "collect", {3, 1 << 20}).commit = Commit::on_accept;
    graph.buffered("first", "second", {3, 1 << 20}).commit = Commit::on_accept;
    graph.buffered("numbers", "first", {3, 1 << 20}).commit = Commit::on_accept;
    GraphRuntime runtime(graph.build(), {});
    const auto report = run_to_end(runtime);
    CHECK(collected.snapshot() == first_numbers(200));
    CHECK(engine::judge(report).may_be_lost == 0);
  }
}
