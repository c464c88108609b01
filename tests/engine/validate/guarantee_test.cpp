// SPDX-License-Identifier: Apache-2.0
// What is proved, for every combination of what takes "no loss" and "no repeats" away.
#include "catch.hpp"
#include "planning.hpp"

namespace sluice::engine::testing {
namespace {

std::string graph(const std::string& source, const std::string& sink, const std::string& edge,
                  const std::string& more = "") {
  return "graph: proof\nnodes:\n  feed: { type: source" + source + " }\n  end: { type: sink" + sink +
         " }\n  rejects: { type: sink, durable: false }\nedges:\n  - { from: feed, to: end" + edge +
         " }\n  - { from: feed, to: rejects, buffer: { records: 1k, bytes: 1MiB } }\n" + more;
}

struct Case {
  std::string source;
  std::string sink;
  std::string edge;
  Guarantee proved;
};

TEST_CASE("the guarantee follows from source, edges and sink") {
  const std::string buffer = ", buffer: { records: 1k, bytes: 1MiB }";
  const auto [source, sink, edge, proved] = GENERATE_COPY(
      Case{"", "", "", Guarantee::effectively_once}, Case{", replay: 1", "", "", Guarantee::effectively_once},
      Case{"", ", idempotent: false", "", Guarantee::at_least_once},
      Case{", replay: 0", "", "", Guarantee::at_most_once}, Case{", skips: old_ones", "", "", Guarantee::at_most_once},
      Case{", replay: 0", ", idempotent: false", "", Guarantee::best_effort},
      Case{"", ", durable: false", "", Guarantee::at_most_once},
      Case{"", "", buffer + ", when_full: block", Guarantee::effectively_once},
      Case{"", "", buffer + ", when_full: drop_newest", Guarantee::at_most_once},
      Case{"", ", idempotent: false", buffer + ", when_full: drop_oldest", Guarantee::best_effort},
      Case{"", "", buffer + ", commit: on_accept", Guarantee::at_most_once},
      Case{"", "", ", dead_letter: rejects", Guarantee::at_most_once});
  const Outcome outcome = plan_text_of(graph(source, sink, edge));
  INFO(outcome.text());
  REQUIRE(outcome.planned.plan);
  CHECK(outcome.guarantee("feed", "end") == proved);
}

TEST_CASE("behind a relay in memory nothing survives the process") {
  const auto [durable, proved] =
      GENERATE_COPY(std::pair{"true", Guarantee::effectively_once}, std::pair{"false", Guarantee::at_most_once});
  const Outcome outcome = plan_text_of(
      "graph: relay\nnodes:\n  feed: { type: source }\n  log: { type: relay, durable: " + std::string(durable) +
      " }\n  end: { type: sink }\nedges:\n  - feed -> log\n  - log -> end\n");
  INFO(outcome.text());
  CHECK(outcome.guarantee("log", "end") == proved);
}

TEST_CASE("what drops beside the way takes nothing away") {
  const Outcome outcome = plan_text_of(R"(graph: beside
nodes:
  feed: { type: source, outputs: [a, b] }
  kept: { type: sink }
  shown: { type: sink }
edges:
  - feed.a -> kept
  - { from: feed.b, to: shown, buffer: { records: 1k, bytes: 1MiB }, when_full: drop_oldest }
)");
  CHECK(outcome.guarantee("feed", "kept") == Guarantee::effectively_once);
  CHECK(outcome.guarantee("feed", "shown") == Guarantee::at_most_once);
}

TEST_CASE("the weakest segment of a sink is judged") {
  const std::string text = R"(graph: weakest
nodes:
  sure: { type: source }
  unsure: { type: source, replay: 0 }
  end: { type: sink }
edges:
  - { from: sure, to: end, buffer: { records: 1k, bytes: 1MiB } }
  - { from: unsure, to: end, buffer: { records: 1k, bytes: 1MiB } }
require: { end: WANTED }
)";
  const auto requiring = [&](const std::string& wanted) {
    std::string changed = text;
    changed.replace(changed.find("WANTED"), 6, wanted);
    return plan_text_of(changed);
  };
  CHECK(requiring("at_most_once").planned.plan);
  CHECK(requiring("best_effort").planned.plan);
  CHECK(requiring("at_least_once").codes() == std::vector<std::string>{"require-not-proved"});
  const Outcome refused = requiring("effectively_once");
  CHECK(refused.codes() == std::vector<std::string>{"require-not-proved"});
  CHECK(refused.text().find("unsure cannot replay (what is gone is gone)") != std::string::npos);
}

TEST_CASE("at least once is no at most once, nor the other way round") {
  const std::string repeats = graph("", ", idempotent: false", "", "require: { end: at_most_once }\n");
  CHECK(plan_text_of(repeats).codes() == std::vector<std::string>{"require-not-proved"});
  const std::string enough = graph("", ", idempotent: false", "", "require: { end: at_least_once }\n");
  CHECK(plan_text_of(enough).planned.plan);
}

TEST_CASE("a dead letter is not given the losses of edges behind another dead letter") {
  const std::string text = R"(graph: nested
nodes:
  feed: { type: source }
  change: { type: change }
  end: { type: sink }
  outer: { type: sink }
  inner: { type: sink, durable: INNER }
edges:
  - { from: feed, to: change, dead_letter: outer }
  - { from: change, to: end, buffer: { records: 1k, bytes: 1MiB }, when_full: drop_oldest, dead_letter: inner }
)";
  const auto planned = [&](const std::string& inner) {
    std::string changed = text;
    changed.replace(changed.find("INNER"), 5, inner);
    return plan_text_of(changed);
  };
  const Outcome kept = planned("true");
  CHECK(kept.guarantee("feed", "end") == Guarantee::at_most_once);
  CHECK(kept.guarantee("feed", "inner") == Guarantee::at_most_once);
  // Who refuses a record before the second edge sends it to the first edge's dead letter.
  CHECK(kept.guarantee("feed", "outer") == Guarantee::effectively_once);
  CHECK(planned("false").guarantee("feed", "outer") == Guarantee::effectively_once);
}

}  // namespace
}  // namespace sluice::engine::testing
