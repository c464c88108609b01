// SPDX-License-Identifier: Apache-2.0
// Whatever a plugin says, by whatever function, is safe to show, is one line, and has no secret of the graph.
#include "checks.hpp"
#include "graph/utf8.hpp"
#include "held_sink.hpp"

using namespace sluice;
using namespace sluice::testing;
using engine::GraphRuntime;
using engine::RuntimeOptions;

namespace {

const std::string nasty = "hunter2secret \x1b[31mred\r\n2026-01-01 error sluice: forged\xff\xc2\x9b\xe2\x80\xae end";

void check_is_safe(const std::string& text) {
  INFO(text);
  CHECK_FALSE(engine::find_utf8_problem(text));
  for (const char* part : {"hunter2secret", "\x1b", "\r", "\n", "\xff", "\xc2\x9b", "\xe2\x80\xae"}) {
    CHECK(text.find(part) == std::string::npos);
  }
}

struct Graph {
  Graph() {
    graph.node("numbers", numbers_type, numbers).facts.replay = sluice::Replay::from_commit;
    graph.node("sink", sink_function_type, sink);
    graph.edge("numbers", "sink");
    graph.plan.secrecy.hide("hunter2secret");
    options.log = [this](uint32_t, const std::string&, std::string_view sentence) {
      const std::lock_guard lock(mutex);
      said.emplace_back(sentence);
    };
    sink.process = [](Context&, Batch batch) -> Result<void> {
      std::move(batch).deliver();
      return {};
    };
  }
  /// Runs until something stops it, and gives the sentence.
  std::string failure() {
    GraphRuntime runtime(graph.build(), options);
    if (const auto failed = runtime.open()) return failed->error.message + failed->error.code;
    runtime.start();
    runtime.wait();
    REQUIRE(runtime.failure());
    return runtime.failure()->error.message + runtime.failure()->error.code;
  }
  NumbersState numbers{.total = 10, .per_batch = 5, .has_positions = true};
  FunctionState sink;
  GraphBuilder graph;
  RuntimeOptions options;
  std::mutex mutex;
  std::vector<std::string> said;  ///< guarded by mutex
};

}  // namespace

TEST_CASE("what plugins log and say of themselves is safe to show") {
  Graph graph;
  graph.sink.process = [](Context& context, Batch batch) -> Result<void> {
    context.info(nasty);
    context.blocked("blocked by " + nasty);
    context.counter(nasty, nasty).add();
    std::move(batch).discard(nasty);
    return {};
  };
  GraphRuntime runtime(graph.graph.build(), graph.options);
  const auto report = run_to_end(runtime);
  CHECK(graph.said.size() >= 2);
  for (const std::string& sentence : graph.said) check_is_safe(sentence);
  const auto& sink = node_in(report, "sink");
  check_is_safe(sink.status_sentence);
  REQUIRE(sink.metrics.size() == 1);
  check_is_safe(sink.metrics[0].first);
  check_is_safe(sink.metric_facts[0].help);
  REQUIRE(sink.discards.size() == 1);
  check_is_safe(sink.discards[0].first);
}

TEST_CASE("why a plugin fails is safe to show, wherever it does") {
  Graph graph;
  const Error error = operator_needed(nasty,
                                      "\x1b"
                                      "42");
  SECTION("open") {
    graph.sink.open = [&](Context&) -> Result<void> { return error; };
  }
  SECTION("start") {
    graph.sink.start = [&](Context&) -> Result<void> { return error; };
  }
  SECTION("process") {
    graph.sink.process = [&](Context&, Batch batch) -> Result<void> {
      std::move(batch).deliver();
      return error;
    };
  }
  SECTION("flush") {
    graph.sink.flush = [&](Context&, Flush) -> Result<void> { return error; };
  }
  SECTION("stop") {
    graph.sink.process = [&](Context& context, Batch batch) -> Result<void> {
      std::move(batch).deliver();
      context.stop(error);
      return {};
    };
  }
  SECTION("a verdict") {
    graph.sink.process = [&](Context&, Batch batch) -> Result<void> {
      std::move(batch).fail(error);
      return {};
    };
  }
  SECTION("a commit") {
    graph.numbers.on_commit = [&](Context& context, uint32_t, int64_t) -> Result<void> {
      context.stop(operator_needed("over"));
      return error;
    };
  }
  check_is_safe(graph.failure());
  for (const std::string& sentence : graph.said) check_is_safe(sentence);
}

TEST_CASE("a refused record that nothing takes is quoted safely, and not in full") {
  Graph graph;
  graph.sink.process = [](Context& context, Batch batch) -> Result<void> {
    const std::string payload = nasty + std::string(500, 'x');
    const Buffer buffer = context.new_buffer(payload.size());
    std::memcpy(buffer.data(), payload.data(), payload.size());
    const uint32_t pinned = batch.pin(buffer);
    for (uint32_t i = 0; i < batch.size(); ++i) {
      batch[i].set_payload(buffer.data(), static_cast<uint32_t>(payload.size()), pinned);
    }
    std::move(batch).fail(permanent("no such column"));
    return {};
  };
  const std::string sentence = graph.failure();
  check_is_safe(sentence);
  CHECK(sentence.find("red") != std::string::npos);
  CHECK(sentence.size() < 400);
}

TEST_CASE("a node that logs its status itself is not heard twice, in either order") {
  Graph graph;
  graph.numbers.total = 5;
  graph.sink.process = [](Context& context, Batch batch) -> Result<void> {
    context.blocked("the disk is full");
    context.warn("the disk is full; it is tried again");
    context.warn("something else");
    context.warn("the server is away; next attempt in 2 s");
    context.connecting("the server is away");
    context.ready("connected");
    std::move(batch).deliver();
    return {};
  };
  GraphRuntime runtime(graph.graph.build(), graph.options);
  run_to_end(runtime);
  CHECK(graph.said == std::vector<std::string>{"blocked: the disk is full", "something else",
                                               "the server is away; next attempt in 2 s",
                                               "ready after 0.0 s: connected"});
}
