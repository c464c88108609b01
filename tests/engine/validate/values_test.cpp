// SPDX-License-Identifier: Apache-2.0
// Values that an attribute can have against those that nodes take, and what is silent where nobody can know.
#include "catch.hpp"
#include "planning.hpp"

namespace sluice::engine::testing {
namespace {

std::string graph(const std::string& nodes, const std::string& edges) {
  return "graph: g\nnodes:\n  feed: { type: source, provides: [s], values: [out.s=A, out.s=B] }\n" + nodes +
         "edges:\n" + edges;
}

bool is_refused(const std::string& nodes, const std::string& edges) {
  const Outcome outcome = plan_text_of(graph(nodes, edges));
  const std::vector<std::string> codes = outcome.codes();
  INFO(outcome.text());
  const bool is_refused = std::find(codes.begin(), codes.end(), "value-refused") != codes.end();
  CHECK(codes.size() == (is_refused ? 1U : 0U));
  return is_refused;
}

TEST_CASE("a value that the node behind does not take is an error, at the option that lists the others") {
  const Outcome outcome = plan_text_of(graph("  end: { type: sink, takes: [s=A] }\n", "  - feed -> end\n"));
  REQUIRE(outcome.codes() == std::vector<std::string>{"value-refused"});
  const Diagnostic found = outcome.diagnostics.sorted().front();
  CHECK(found.place == Place{4, 29});
  CHECK(found.sentence.find("records whose s is \"B\" come here from \"feed\", and `takes` does not name") == 0);
  CHECK_FALSE(is_refused("  end: { type: sink, takes: [s=A, s=B, s=C] }\n", "  - feed -> end\n"));
}

TEST_CASE("values go through nodes that do not change the attribute") {
  CHECK(is_refused("  mid: { type: change }\n  end: { type: sink, takes: [s=A] }\n", "  - feed -> mid -> end\n"));
  CHECK_FALSE(is_refused("  mid: { type: change, provides: [s] }\n  end: { type: sink, takes: [s=A] }\n",
                         "  - feed -> mid -> end\n"));
}

TEST_CASE("a node that parts records by the attribute leaves each output its own, and the rest to the others") {
  const std::string mid = "  mid: { type: change, outputs: [one, rest], values: [one.s=A] }\n";
  const std::string edges = "  - mid.one -> a\n  - mid.rest -> b\n  - feed -> mid\n";
  CHECK_FALSE(is_refused(mid + "  a: { type: sink, takes: [s=A] }\n  b: { type: sink, takes: [s=B] }\n", edges));
  CHECK(is_refused(mid + "  a: { type: sink }\n  b: { type: sink, takes: [s=A] }\n", edges));
}

TEST_CASE("where one way brings values that nobody declares, nothing is said") {
  CHECK_FALSE(is_refused("  other: { type: source, provides: [s] }\n  end: { type: sink, takes: [s=A] }\n",
                         "  - { from: feed, to: end, buffer: { records: 1k, bytes: 1MiB } }\n"
                         "  - { from: other, to: end, buffer: { records: 1k, bytes: 1MiB } }\n"));
  // What a relay stored before may be anything.
  CHECK_FALSE(is_refused("  log: { type: relay, provides: [s] }\n  end: { type: sink, takes: [s=A] }\n",
                         "  - feed -> log\n  - log -> end\n"));
}

TEST_CASE("dead letters bring the values of their edge") {
  CHECK(is_refused("  end: { type: sink }\n  rejects: { type: sink, takes: [s=A] }\n",
                   "  - { from: feed, to: end, dead_letter: rejects }\n"));
}

TEST_CASE("what only one node may do is an error wherever the second is, but not for two halves of one relay") {
  CHECK(plan_text_of(graph("  one: { type: sink, alone: x }\n  two: { type: sink, alone: x }\n",
                           "  - feed -> one\n  - feed -> two\n"))
            .codes() == std::vector<std::string>{"done-twice"});
  CHECK(plan_text_of(graph("  one: { type: sink, alone: x }\n  two: { type: sink, alone: y }\n",
                           "  - feed -> one\n  - feed -> two\n"))
            .codes()
            .empty());
  CHECK(plan_text_of(
            graph("  log: { type: relay, alone: x }\n  end: { type: sink }\n", "  - feed -> log\n  - log -> end\n"))
            .codes()
            .empty());
}

TEST_CASE("two processes on one address are a warning; every address of a port meets any other") {
  const auto codes = [](const std::string& first, const std::string& second) {
    return plan_text_of("graph: g\nprocesses:\n  p: { from: feed, http: \"" + first +
                        "\" }\n  q: { from: log, http: \"" + second +
                        "\" }\nnodes:\n  feed: { type: source }\n  log: { type: relay }\n  end: { type: sink }\n"
                        "edges:\n  - feed -> log\n  - log -> end\n")
        .codes();
  };
  const std::vector<std::string> same{"same-address"};
  CHECK(codes("127.0.0.1:8081", "127.0.0.1:8081") == same);
  CHECK(codes("127.0.0.1:8081", "0.0.0.0:8081") == same);
  CHECK(codes("[::]:8081", "127.0.0.1:8081") == same);
  CHECK(codes("127.0.0.1:8081", "127.0.0.1:8082").empty());
  CHECK(codes("127.0.0.1:8081", "127.0.0.2:8081").empty());
  CHECK(codes("127.0.0.1:0", "127.0.0.1:0").empty());
}

TEST_CASE("a cycle through a relay is named when it is what makes the rest wrong") {
  const std::string nodes =
      "graph: g\nprocesses:\n  p: { from: feed }\n  q: { from: log }\n"
      "nodes:\n  feed: { type: source, provides: [s] }\n  mid: { type: change, reads: [s] }\n"
      "  log: { type: relay }\n  back: { type: change, outputs: [out, again] }\n  end: { type: sink }\n"
      "edges:\n  - feed -> mid -> log\n  - log -> back -> end\n";
  const Outcome outcome = plan_text_of(nodes + "  - back.again -> mid\n");
  INFO(outcome.text());
  REQUIRE(outcome.codes() == std::vector<std::string>{"cycle"});
  CHECK(outcome.text().find("through the relay \"log\": mid -> log -> back -> mid;") != std::string::npos);
}

}  // namespace
}  // namespace sluice::engine::testing
