// SPDX-License-Identifier: Apache-2.0
// A process whose sinks have locks: nothing flows before it holds them, it asks for what was stored last only then, it
// stands by while another has them, and it ends when it loses one.
#include <atomic>
#include <thread>

#include "checks.hpp"
#include "story.hpp"
#include "test_nodes.hpp"

using namespace sluice;
using namespace sluice::testing;
using engine::GraphRuntime;
using engine::RuntimeOptions;

namespace {

struct SpringState {
  Story& story;
  std::atomic<bool> is_endless{false};
};

/// Learns; emits one record at its first poll, and another one when it is stopped.
class Spring : public Source {
 public:
  Spring(Context context, SpringState& state) : context_(context), state_(state) {}
  static void describe(Config, Description&) {}
  static Result<std::unique_ptr<Spring>> open(Context context, Config options) {
    return std::make_unique<Spring>(context, Shared::of<SpringState>(options));
  }
  TailQuery tail_query() { return {.records = 1, .bytes = 1}; }
  Result<TailWants> learn(const TailPart&) {
    state_.story.add("source learns");
    return TailWants::enough;
  }
  Result<void> start() override {
    state_.story.add("source starts");
    return {};
  }
  Result<Poll> poll(const Credit&, int64_t deadline_ns) override {
    const bool is_first = std::exchange(is_first_, false);
    if (is_first) emit();
    if (!state_.is_endless) return Poll::ended;
    if (is_first) return Poll::more;
    while (!is_woken_.exchange(false) && context_.monotonic_ns() < deadline_ns) std::this_thread::yield();
    return Poll::more;
  }
  void wake() override { is_woken_ = true; }
  void stop() override { emit(); }

 private:
  void emit() {
    Batch batch = context_.new_batch(1);
    batch.append();
    context_.emit_unpositioned(0, std::move(batch));
  }
  Context context_;
  SpringState& state_;
  bool is_first_ = true;
  std::atomic<bool> is_woken_{false};
};

using ClaimSlot = std::function<Result<void>(Claim&)>;

/// The lock of a test, and who holds it.
struct LockedState {
  Story& story;
  std::string name;
  ClaimSlot claim;
};

Result<void> keep_until_unwanted(Claim& claim) {
  while (claim.is_wanted()) std::this_thread::yield();
  return {};
}

Result<void> hold(Claim& claim) {
  claim.held();
  return keep_until_unwanted(claim);
}

class Locked : public Sink {
 public:
  Locked(Context context, LockedState& state) : context_(context), state_(state) {}
  ~Locked() override { state_.story.add(state_.name + " closes"); }
  static void describe(Config, Description& description) { description.claims(); }
  static Result<std::unique_ptr<Locked>> open(Context context, Config options) {
    return std::make_unique<Locked>(context, Shared::of<LockedState>(options));
  }
  Result<void> write(Batch batch) override {
    state_.story.add(state_.name + " writes");
    std::move(batch).deliver();
    return {};
  }
  Result<void> tail(const sluice_tail_query&, TailTaker&) {
    state_.story.add(state_.name + " is asked");
    return {};
  }
  Result<void> claim(Claim& of) {
    state_.story.add(state_.name + " claims");
    Result<void> result = state_.claim(of);
    state_.story.add(state_.name + " gives up");
    return result;
  }

 private:
  Context context_;
  LockedState& state_;
};

constexpr sluice_node_type spring_type = source_type<Spring>("spring", "Learns.", {});
constexpr sluice_node_type locked_type = sink_type<Locked>("locked", "Has a lock.", {});

/// One source, and a sink with a lock behind it.
struct Pipe {
  explicit Pipe(ClaimSlot claim) : store{story, "store", std::move(claim)} {
    graph.node("spring", spring_type, spring);
    add(store);
  }
  void add(LockedState& locked) {
    auto& facts = graph.node(locked.name, locked_type, locked).facts;
    facts.durable = facts.claims = true;
    graph.edge("spring", locked.name);
  }
  RuntimeOptions options() { return logging_to(log); }
  Story story;
  Story log;
  SpringState spring{story};
  LockedState store;
  GraphBuilder graph;
};

/// The graph is driven until this has happened; it starts its sources in `wait`.
void drive_until(GraphRuntime& runtime, const Story& story, const std::string& line) {
  while (!story.has(line)) REQUIRE_FALSE(runtime.wait_for(std::chrono::milliseconds(1)));
}

}  // namespace

TEST_CASE("a process asks for its lock, then for what was stored last, and then its source starts") {
  Pipe pipe(hold);
  GraphRuntime runtime(pipe.graph.build(), pipe.options());
  run_to_end(runtime);
  CHECK(pipe.story.lines() == Lines{"store claims", "store is asked", "source learns", "source starts", "store writes",
                                    "store gives up", "store closes"});
  CHECK(pipe.log.lines().empty());
}

TEST_CASE("while another process has the lock, this one stands by and says who has it") {
  Story cue;
  Pipe pipe([&](Claim& claim) -> Result<void> {
    claim.waits("host-a has it");
    claim.waits("host-a has it");
    cue.await("host-a is gone");
    return hold(claim);
  });
  GraphRuntime runtime(pipe.graph.build(), pipe.options());
  begin(runtime);
  pipe.log.await("store: standby: host-a has it");
  CHECK(runtime.waits_for_lock());
  CHECK_FALSE(runtime.wait_for(std::chrono::milliseconds(1)));
  REQUIRE(runtime.report().standby);
  CHECK(runtime.report().standby->node == "store");
  CHECK(runtime.report().standby->sentence == "host-a has it");
  CHECK_FALSE(pipe.story.has("store is asked"));
  CHECK_FALSE(runtime.has_flowed());
  cue.add("host-a is gone");
  runtime.wait();
  require_no_failure(runtime);
  CHECK_FALSE(runtime.waits_for_lock());
  CHECK_FALSE(runtime.report().standby);
  CHECK(pipe.story.has("store writes"));
  const Lines log = pipe.log.lines();
  REQUIRE(log.size() == 2);
  CHECK(log.back().find("store: this process takes over, after ") == 0);
}

TEST_CASE("a stop in standby ends the run, and nothing has flowed") {
  Pipe pipe([](Claim& claim) -> Result<void> {
    claim.waits("host-a has it");
    return keep_until_unwanted(claim);
  });
  GraphRuntime runtime(pipe.graph.build(), pipe.options());
  begin(runtime);
  pipe.log.await("store: standby: host-a has it");
  SECTION("it is asked to stop") { runtime.request_stop(); }
  SECTION("it is asked to end at once") { runtime.request_abort(); }
  runtime.wait();
  require_no_failure(runtime);
  CHECK_FALSE(runtime.has_flowed());
  CHECK(pipe.story.lines() == Lines{"store claims", "store gives up", "store closes"});
}

TEST_CASE("a run that stops keeps its lock until all is written") {
  Pipe pipe(hold);
  pipe.spring.is_endless = true;
  GraphRuntime runtime(pipe.graph.build(), pipe.options());
  begin(runtime);
  drive_until(runtime, pipe.story, "store writes");
  runtime.request_stop();
  runtime.wait();
  require_no_failure(runtime);
  const Lines lines = pipe.story.lines();
  CHECK(Lines(lines.end() - 4, lines.end()) == Lines{"store writes", "store writes", "store gives up", "store closes"});
}

TEST_CASE("a lock that is lost ends the run") {
  Story cue;
  std::function<Result<void>()> end;
  std::string why;
  SECTION("with the reason of the plugin") {
    end = [] { return transient("the group has another member", "LOST"); };
    why = "the group has another member";
  }
  SECTION("also when the plugin gives none") {
    end = [] { return Result<void>(); };
    why = "its plugin gave it up";
  }
  Pipe pipe([&](Claim& claim) -> Result<void> {
    claim.held();
    cue.await("it is lost");
    CHECK(claim.is_wanted());
    return end();
  });
  pipe.spring.is_endless = true;
  GraphRuntime runtime(pipe.graph.build(), pipe.options());
  begin(runtime);
  drive_until(runtime, pipe.story, "store writes");
  cue.add("it is lost");
  runtime.wait();
  REQUIRE(runtime.failure());
  CHECK(runtime.failure()->node == "store");
  CHECK(runtime.failure()->error.message ==
        "this process lost its lock, so it writes nothing more and ends; start it again, and it stands by: " + why);
  CHECK(runtime.has_flowed());
  CHECK(pipe.story.lines().back() == "store closes");
}

TEST_CASE("a lock that cannot be had is a failure of the start") {
  Pipe pipe([](Claim&) -> Result<void> { return operator_needed("grant the right to read the group", "RIGHTS"); });
  GraphRuntime runtime(pipe.graph.build(), pipe.options());
  begin(runtime);
  runtime.wait();
  REQUIRE(runtime.failure());
  CHECK(runtime.failure()->error.message == "grant the right to read the group");
  CHECK(runtime.failure()->error.code == "RIGHTS");
  CHECK_FALSE(runtime.has_flowed());
}

TEST_CASE("locks are taken in the order of names, one after the other") {
  Story cue;
  Pipe pipe(hold);
  LockedState first{pipe.story, "alpha", [&](Claim& claim) -> Result<void> {
                      claim.waits("host-a has it");
                      cue.await("go on");
                      return hold(claim);
                    }};
  pipe.add(first);
  GraphRuntime runtime(pipe.graph.build(), pipe.options());
  begin(runtime);
  pipe.log.await("alpha: standby: host-a has it");
  CHECK_FALSE(runtime.wait_for(std::chrono::milliseconds(1)));
  CHECK_FALSE(pipe.story.has("store claims"));
  cue.add("go on");
  runtime.wait();
  require_no_failure(runtime);
  CHECK(pipe.story.has("store claims"));
  CHECK(pipe.story.has("source starts"));
}

TEST_CASE("a node whose plugin hangs in its claim is left behind when the run ends") {
  Story late;
  Pipe pipe([&](Claim&) -> Result<void> {
    late.await("go on");
    return {};
  });
  RuntimeOptions options = pipe.options();
  options.drain_deadline_ns = 0;
  {
    GraphRuntime runtime(pipe.graph.build(), std::move(options));
    begin(runtime);
    pipe.story.await("store claims");
    runtime.request_stop();
    runtime.wait();
    CHECK(runtime.left_behind() == Lines{"store"});
    CHECK_FALSE(pipe.story.has("store closes"));
    late.add("go on");
  }
  CHECK(pipe.story.has("store closes"));
}
