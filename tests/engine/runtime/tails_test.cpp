// SPDX-License-Identifier: Apache-2.0
// Before a source begins, it learns what the stores behind it took last: in that order, within bounds, from each store
// that its outputs lead to, one output after the other, and whatever a store does instead of answering.
#include <algorithm>
#include <cstdlib>

#include "checks.hpp"
#include "story.hpp"
#include "test_nodes.hpp"

using namespace sluice;
using namespace sluice::testing;
using engine::GraphRuntime;
using engine::RuntimeOptions;

namespace {

struct CuriousState {
  Story& story;
  TailQuery query{.records = 100, .bytes = 1 << 20};
  TailQuery of_others{};  ///< of outputs but the first
  size_t asked = 0;
  std::function<Result<TailWants>(const TailPart&)> answer = [](const TailPart&) { return TailWants::more; };
};

/// Learns, emits nothing, and ends.
class Curious : public Source {
 public:
  Curious(Context context, CuriousState& state) : context_(context), state_(state) {}
  static void describe(Config, Description&) {}
  static Result<std::unique_ptr<Curious>> open(Context context, Config options) {
    return std::make_unique<Curious>(context, Shared::of<CuriousState>(options));
  }
  TailQuery tail_query() { return state_.asked++ == 0 ? state_.query : state_.of_others; }
  Result<TailWants> learn(const TailPart& part) {
    std::string line = std::string(part.store()) + " ";
    if (part.what() == TailPart::What::records) {
      line += std::string(part.partition()) + ":";
      for (uint32_t i = 0; i < part.size(); ++i) {
        line += " " + std::string(part[i].payload());
        if (const auto key = part[i].integer(context_.attribute("key"))) line += "/" + std::to_string(*key);
      }
    } else {
      line += part.what() == TailPart::What::answered ? "answered" : "unknown";
    }
    state_.story.add(line);
    return state_.answer(part);
  }
  Result<void> start() override {
    state_.story.add("source starts");
    return {};
  }
  Result<Poll> poll(const Credit&, int64_t) override {
    state_.story.add("source polls");
    return Poll::ended;
  }
  void wake() override {}

 private:
  Context context_;
  CuriousState& state_;
};

struct StoreState {
  Story& story;
  std::function<Result<void>(Context&, TailTaker&)> tail;
};

class Store : public Sink {
 public:
  Store(Context context, StoreState& state) : context_(context), state_(state) {}
  ~Store() override { state_.story.add("store closes"); }
  static void describe(Config, Description&) {}
  static Result<std::unique_ptr<Store>> open(Context context, Config options) {
    return std::make_unique<Store>(context, Shared::of<StoreState>(options));
  }
  Result<void> write(Batch batch) override {
    std::move(batch).deliver();
    return {};
  }
  Result<void> tail(const sluice_tail_query&, TailTaker& taker) { return state_.tail(context_, taker); }

 private:
  Context context_;
  StoreState& state_;
};

constexpr sluice_node_type curious_type = source_type<Curious>("curious", "Learns.", {});
constexpr sluice_node_type store_type = sink_type<Store>("store", "Stores.", {});

TailWants give(Context& context, TailTaker& taker, const std::string& partition, const Lines& payloads) {
  Batch batch = context.new_batch(static_cast<uint32_t>(payloads.size()));
  const Buffer buffer = context.new_buffer(1000);
  const uint32_t pinned = batch.pin(buffer);
  uint8_t* to = buffer.data();
  for (const std::string& payload : payloads) {
    std::memcpy(to, payload.data(), payload.size());
    Record record = batch.append();
    record.set_payload(to, static_cast<uint32_t>(payload.size()), pinned);
    record.set_integer(context.attribute("key"), 7);
    to += payload.size();
  }
  return taker.give(partition, std::move(batch));
}

/// One source, and one durable store behind a transform.
struct Line {
  explicit Line(std::function<Result<void>(Context&, TailTaker&)> tail) : store{story, std::move(tail)} {
    graph.node("curious", curious_type, curious, {"out", "other"});
    graph.node("passes", transform_function_type, passes);
    graph.node("store", store_type, store).facts.durable = true;
    graph.edge("curious", "passes");
    graph.edge("passes", "store");
  }
  RuntimeOptions options() { return logging_to(log); }
  Story story;
  Story log;
  CuriousState curious{story};
  FunctionState passes = pass_on();
  StoreState store;
  GraphBuilder graph;
};

}  // namespace

TEST_CASE("a source learns what the store behind its transforms took last, before it starts") {
  Line line([](Context& context, TailTaker& taker) -> Result<void> {
    give(context, taker, "0", {"9", "8"});
    give(context, taker, "0", {"7"});
    give(context, taker, "1", {"5"});
    return {};
  });
  line.graph.plan.attributes = {{"key", SLUICE_VALUE_INTEGER}};
  GraphRuntime runtime(line.graph.build(), line.options());
  run_to_end(runtime);
  CHECK(line.story.lines() == Lines{"store 0: 9/7 8/7", "store 0: 7/7", "store 1: 5/7", "store answered",
                                    "source starts", "source polls", "store closes"});
  CHECK(line.log.lines().empty());
}

TEST_CASE("a store is asked for no more than the query allows") {
  Lines wants;
  const auto word = [](TailWants want) {
    return std::string(want == TailWants::more ? "more" : want == TailWants::enough ? "enough" : "enough of partition");
  };
  Line line([&](Context& context, TailTaker& taker) -> Result<void> {
    wants.push_back(word(give(context, taker, "0", {"9", "8"})));
    wants.push_back(word(give(context, taker, "0", {"7"})));
    wants.push_back(word(give(context, taker, "1", {"5"})));
    wants.push_back(word(give(context, taker, "1", {"123456"})));
    wants.push_back(taker.is_wanted() ? "is wanted" : "is not wanted");
    wants.push_back(word(give(context, taker, "2", {"1"})));
    return transient("what comes behind that is not there");
  });
  line.curious.query = {.records = 3, .bytes = 10};
  GraphRuntime runtime(line.graph.build(), line.options());
  run_to_end(runtime);
  CHECK(wants == Lines{"more", "enough of partition", "more", "enough", "is not wanted", "enough"});
  // It had enough, so an error says nothing of what it asked for.
  CHECK(line.story.has("store answered"));
  CHECK_FALSE(line.story.has("store 2: 1"));
}

TEST_CASE("a source that has enough is asked no more") {
  Line line([](Context& context, TailTaker& taker) -> Result<void> {
    CHECK(give(context, taker, "0", {"9"}) == TailWants::enough_of_partition);
    CHECK(give(context, taker, "1", {"5"}) == TailWants::enough);
    return {};
  });
  line.curious.answer = [](const TailPart& part) {
    return part.partition() == "0" ? TailWants::enough_of_partition : TailWants::enough;
  };
  GraphRuntime runtime(line.graph.build(), line.options());
  run_to_end(runtime);
  CHECK(line.story.has("store answered"));
}

TEST_CASE("a source that wants nothing, and stores that cannot help, are left alone") {
  Line line([](Context&, TailTaker&) -> Result<void> { std::abort(); });
  SECTION("it wants no records") { line.curious.query.records = 0; }
  SECTION("the store is gone with the process") { line.graph.plan.nodes[2].facts.durable = false; }
  SECTION("only another output leads there") { line.graph.plan.edges[0].from_port = 1; }
  GraphRuntime runtime(line.graph.build(), line.options());
  run_to_end(runtime);
  CHECK(line.story.lines() == Lines{"source starts", "source polls", "store closes"});
}

TEST_CASE("stores behind another output are asked when those of the output before it have answered") {
  Story story;
  CuriousState curious{story};
  curious.of_others = {.records = 2, .bytes = 1 << 20};
  const auto store = [&](const char* payload) {
    return StoreState{story, [&story, payload](Context& context, TailTaker& taker) -> Result<void> {
                        story.add(std::string("asked for ") + payload);
                        const TailWants wants = give(context, taker, "0", {payload, payload});
                        CHECK(wants == (*payload == '1' ? TailWants::more : TailWants::enough_of_partition));
                        return {};
                      }};
  };
  StoreState first = store("1"), second = store("2");
  StoreState bad{story, [&](Context&, TailTaker&) -> Result<void> { return transient("nobody is there"); }};
  GraphBuilder graph;
  graph.node("curious", curious_type, curious, {"out", "unused", "other"});
  graph.node("first", store_type, first).facts.durable = true;
  graph.node("second", store_type, second).facts.durable = true;
  graph.node("bad", store_type, bad).facts.durable = true;
  graph.edge("curious", "first");
  graph.edge("curious", "second", 2);
  graph.edge("curious", "bad", 2);
  Story log;
  RuntimeOptions options;
  options.log = [&](uint32_t, const std::string&, std::string_view sentence) { log.add(std::string(sentence)); };
  GraphRuntime runtime(graph.build(), std::move(options));
  run_to_end(runtime);
  const Lines lines = story.lines();
  const auto at = [&](const std::string& line) { return std::find(lines.begin(), lines.end(), line) - lines.begin(); };
  CHECK(curious.asked == 3);
  CHECK(at("first answered") < at("asked for 2"));
  CHECK(story.has("second 0: 2 2"));
  CHECK(story.has("second answered"));
  CHECK(story.has("bad unknown"));
  CHECK(at("bad unknown") < at("source starts"));
  CHECK(log.lines() ==
        Lines{"cannot learn from \"bad\" what the last run sent to output \"other\", so this run does not "
              "continue from there: nobody is there"});
}

TEST_CASE("every store behind a source is asked, and one that cannot answer is reported and not waited for") {
  Story story;
  CuriousState curious{story};
  FunctionState parts = pass_on();
  StoreState good{story, [](Context& context, TailTaker& taker) -> Result<void> {
                    give(context, taker, "0", {"9"});
                    return {};
                  }};
  StoreState bad{story, [](Context&, TailTaker&) -> Result<void> {
                   return operator_needed("the topic may not be read; grant it", "TOPIC_AUTHORIZATION_FAILED");
                 }};
  CollectState plain;
  GraphBuilder graph;
  graph.node("curious", curious_type, curious);
  graph.node("parts", transform_function_type, parts, {"one", "two", "three"});
  graph.node("good", store_type, good).facts.durable = true;
  graph.node("bad", store_type, bad).facts.durable = true;
  graph.node("plain", collect_type, plain).facts.durable = true;
  graph.edge("curious", "parts");
  graph.buffered("parts", "good", {100, 1 << 20}, 0);
  graph.edge("parts", "bad", 1);
  graph.edge("parts", "plain", 2);
  Story log;
  RuntimeOptions options;
  options.log = [&](uint32_t level, const std::string& node, std::string_view sentence) {
    log.add(std::to_string(level) + " " + node + ": " + std::string(sentence));
  };
  GraphRuntime runtime(graph.build(), std::move(options));
  run_to_end(runtime);
  CHECK(story.has("good 0: 9"));
  CHECK(story.has("good answered"));
  CHECK(story.has("bad unknown"));
  CHECK(story.has("source polls"));
  CHECK(log.lines() == Lines{std::to_string(SLUICE_LOG_WARN) +
                             " curious: cannot learn from \"bad\" where the last run stopped, so events that were "
                             "missed since then are not noticed: the topic may not be read; grant it"});
}

TEST_CASE("a store that is silent hinders no start, and what comes late is for nobody") {
  Story late;
  Line line([&](Context& context, TailTaker& taker) -> Result<void> {
    give(context, taker, "0", {"9"});
    // Beyond its time, like a plugin that hangs in a library.
    late.await("go on");
    CHECK_FALSE(taker.is_wanted());
    CHECK(give(context, taker, "0", {"8"}) == TailWants::enough);
    return {};
  });
  RuntimeOptions options = line.options();
  options.tail_limit_ns = 1;
  GraphRuntime runtime(line.graph.build(), std::move(options));
  begin(runtime);
  line.story.await("source polls");
  CHECK(line.story.has("store unknown"));
  late.add("go on");
  runtime.wait();
  require_no_failure(runtime);
  CHECK_FALSE(line.story.has("store 0: 8"));
  CHECK(line.story.lines().back() == "store closes");
  CHECK(runtime.left_behind().empty());
}

TEST_CASE("a run that is stopped while a store is asked ends without its source") {
  Story seen;
  Line line([&](Context&, TailTaker& taker) -> Result<void> {
    seen.add("asked");
    while (taker.is_wanted()) std::this_thread::yield();
    return transient("it was interrupted");
  });
  GraphRuntime runtime(line.graph.build(), line.options());
  std::thread stopper([&] {
    seen.await("asked");
    runtime.request_stop();
  });
  begin(runtime);
  runtime.wait();
  stopper.join();
  require_no_failure(runtime);
  CHECK_FALSE(line.story.has("source starts"));
  CHECK(line.log.lines().empty());
}

TEST_CASE("a source that cannot learn stops the graph by its name") {
  Line line([](Context& context, TailTaker& taker) -> Result<void> {
    CHECK(give(context, taker, "0", {"9"}) == TailWants::enough);
    return {};
  });
  line.curious.answer = [](const TailPart&) -> Result<TailWants> { return bug("it has lost its mind"); };
  GraphRuntime runtime(line.graph.build(), line.options());
  begin(runtime);
  runtime.wait();
  REQUIRE(runtime.failure());
  CHECK(runtime.failure()->node == "curious");
  CHECK(runtime.failure()->error.message.find("it has lost its mind") != std::string::npos);
}

TEST_CASE("a node whose plugin hangs while it is asked is left behind when the run ends") {
  Story late;
  Line line([&](Context&, TailTaker&) -> Result<void> {
    late.await("go on");
    return {};
  });
  RuntimeOptions options = line.options();
  options.tail_limit_ns = 1;
  options.drain_deadline_ns = 0;
  {
    GraphRuntime runtime(line.graph.build(), std::move(options));
    begin(runtime);
    line.story.await("source polls");
    runtime.request_abort();
    runtime.wait();
    CHECK(runtime.left_behind() == Lines{"store"});
    CHECK_FALSE(line.story.has("store closes"));
    late.add("go on");
  }
  CHECK(line.story.has("store closes"));
}
