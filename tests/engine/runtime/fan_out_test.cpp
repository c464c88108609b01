// SPDX-License-Identifier: Apache-2.0
// One port that leads to several places makes copies; each is answered for, and a source batch has settled only when
// all of them have.
#include "checks.hpp"
#include "gather.hpp"
#include "held_sink.hpp"

using namespace sluice;
using namespace sluice::testing;
using engine::GraphRuntime;
using records::Verdict;

TEST_CASE("copies count as made, and all of them settle") {
  NumbersState numbers{.total = 1'000, .per_batch = 10};
  CollectState direct;
  CollectState buffered;
  CollectState third;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers);
  graph.node("direct", collect_type, direct);
  graph.node("buffered", collect_type, buffered);
  graph.node("third", collect_type, third);
  graph.edge("numbers", "direct");
  graph.buffered("numbers", "buffered", {30, 1 << 20});
  graph.buffered("numbers", "third", {7, 1 << 20});
  GraphRuntime runtime(graph.build(), {});
  const auto report = run_to_end(runtime);
  CHECK(direct.snapshot() == first_numbers(1'000));
  CHECK(buffered.snapshot() == first_numbers(1'000));
  CHECK(third.snapshot() == first_numbers(1'000));
  const auto& source = node_in(report, "numbers");
  CHECK(source.made == 2'000);
  CHECK(source.out == 3'000);
  CHECK(source.account.received == 1'000);
  CHECK(source.account.made == 2'000);
  CHECK(source.account.count(Verdict::delivered) == 3'000);
}

TEST_CASE("a position waits for the slowest copy") {
  NumbersState numbers{.total = 20, .per_batch = 10, .has_positions = true};
  CollectState quick;
  HeldState slow;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers).facts.replay = sluice::Replay::from_commit;
  graph.node("quick", collect_type, quick);
  graph.node("slow", held_type, slow).facts.max_in_flight = 10;
  graph.buffered("numbers", "quick", {100, 1 << 20});
  graph.buffered("numbers", "slow", {100, 1 << 20});
  GraphRuntime runtime(graph.build(), {});
  begin(runtime);
  REQUIRE(slow.wait_for(2));
  REQUIRE(quick.signal.wait([&] { return quick.snapshot().size() == 20; }));
  CHECK(numbers.committed == 0);
  slow.take().deliver();
  REQUIRE(numbers.signal.wait([&] { return numbers.committed == 10; }));
  slow.take().deliver();
  runtime.wait();
  require_no_failure(runtime);
  CHECK(numbers.committed == 20);
}

TEST_CASE("a diamond under one head: both arms settle, and made, folded and delivered add up") {
  NumbersState numbers{.total = 600, .per_batch = 6};
  FunctionState pass = pass_on();
  FunctionState fold{.process = [](Context& context, Batch batch) -> Result<void> {
    std::vector<uint32_t> sizes;
    for (uint32_t left = batch.size(); left > 0; left -= std::min(left, 3U)) sizes.push_back(std::min(left, 3U));
    context.emit(0, std::move(batch).fold(sizes.data(), static_cast<uint32_t>(sizes.size())));
    return {};
  }};
  GatherState gather{.records = 64};
  CollectState collected;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers);
  graph.node("pass", transform_function_type, pass);
  graph.node("fold", transform_function_type, fold);
  graph.node("gather", gather_type, gather);
  graph.node("collect", collect_type, collected);
  graph.edge("numbers", "pass");
  graph.edge("numbers", "fold");
  graph.edge("pass", "gather");
  graph.edge("fold", "gather");
  graph.buffered("gather", "collect", {10, 1 << 20});
  GraphRuntime runtime(graph.build(), {});
  const auto report = run_to_end(runtime);
  CHECK(collected.snapshot().size() == 600 + 200);
  const auto& account = node_in(report, "numbers").account;
  CHECK(account.made == 600);
  CHECK(account.count(Verdict::delivered) == 1'200);
  CHECK(node_in(report, "fold").folded == 400);
  CHECK(node_in(report, "gather").held == 0);
}
