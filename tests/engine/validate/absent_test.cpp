// SPDX-License-Identifier: Apache-2.0
// Attributes that some records do not have, where a node or an edge needs them; and what a source rejects itself.
#include "catch.hpp"
#include "planning.hpp"

namespace sluice::engine::testing {
namespace {

std::string graph(const std::string& nodes, const std::string& edges) {
  return "graph: g\nnodes:\n"
         "  feed: { type: source, provides: [kind], values: [kind=a, kind=b], may_provide: [\"key:kind=b\", size] }\n" +
         nodes + "edges:\n" + edges;
}

/// How many warnings of this kind there are, and nothing else.
size_t warnings(const std::string& nodes, const std::string& edges) {
  const Outcome outcome = plan_text_of(graph(nodes, edges));
  INFO(outcome.text());
  const std::vector<std::string> codes = outcome.codes();
  CHECK(codes == std::vector<std::string>(codes.size(), "absent-attribute"));
  CHECK(outcome.planned.plan);
  return codes.size();
}

TEST_CASE("a node that rejects records without an attribute is warned of, at the option that asks for it") {
  const Outcome outcome = plan_text_of(graph("  end: { type: sink, strict: [key] }\n", "  - feed -> end\n"));
  REQUIRE(outcome.codes() == std::vector<std::string>{"absent-attribute"});
  const Diagnostic found = outcome.diagnostics.sorted().front();
  CHECK(found.severity == Severity::warning);
  CHECK(found.place == Place{4, 31});
  CHECK(found.sentence.find("some records from \"feed\" do not have the attribute \"key\", and a record without it is "
                            "rejected; ") == 0);
}

TEST_CASE("nothing is said of a node that does not mind") {
  CHECK(warnings("  end: { type: sink, reads: [key, size] }\n", "  - feed -> end\n") == 0);
}

TEST_CASE("nothing is said where the values that lack the attribute do not come") {
  const std::string nodes =
      "  mid: { type: change, outputs: [one, rest], values: [one.kind=a] }\n"
      "  one: { type: sink, strict: [key] }\n  rest: { type: sink, strict: [key] }\n";
  const Outcome outcome = plan_text_of(graph(nodes, "  - feed -> mid\n  - mid.one -> one\n  - mid.rest -> rest\n"));
  REQUIRE(outcome.codes() == std::vector<std::string>{"absent-attribute"});
  CHECK(outcome.diagnostics.sorted().front().subject == "node \"rest\"");
  CHECK(warnings("  mid: { type: change, outputs: [one, rest], values: [one.kind=a] }\n"
                 "  one: { type: sink, strict: [size] }\n  rest: { type: sink }\n",
                 "  - feed -> mid\n  - mid.one -> one\n  - mid.rest -> rest\n") == 1);
}

TEST_CASE("a node between that provides the attribute ends it") {
  CHECK(warnings("  mid: { type: change, provides: [key] }\n  end: { type: sink, strict: [key] }\n",
                 "  - feed -> mid -> end\n") == 0);
}

TEST_CASE("a relay gives an attribute as it took it") {
  const std::string edges = "  - feed -> log\n  - log -> end\n";
  CHECK(warnings("  log: { type: relay, provides: [key] }\n  end: { type: sink, strict: [key] }\n", edges) == 1);
  CHECK(warnings("  end: { type: sink, strict: [key] }\n  log: { type: relay, provides: [key] }\n", edges) == 1);
  // One cause is reported once, where it first matters.
  CHECK(warnings("  log: { type: relay, provides: [key], strict: [key] }\n  end: { type: sink, strict: [key] }\n",
                 edges) == 1);
}

TEST_CASE("a key to conflate by needs every record to have it") {
  const auto conflated = [](const std::string& key) {
    return warnings(
        "  end: { type: sink, reads: [key, kind] }\n",
        "  - { from: feed, to: end, buffer: { records: 1k, bytes: 1MiB }, when_full: { conflate: " + key + " } }\n");
  };
  CHECK(conflated("key") == 1);
  CHECK(conflated("kind") == 0);
}

TEST_CASE("what a source rejects itself needs a dead letter behind its first output") {
  const auto codes = [](const std::string& edges) {
    return plan_text_of(
               "graph: g\nnodes:\n"
               "  feed: { type: source, outputs: [out, other], refuses: records without a value }\n"
               "  mid: { type: change }\n  end: { type: sink }\n  other: { type: sink }\n  rejects: { type: sink "
               "}\nedges:\n" +
               edges)
        .codes();
  };
  using Codes = std::vector<std::string>;
  const std::string other =
      "  - { from: feed.other, to: rejects, buffer: { records: 1k, bytes: 1MiB } }\n"
      "  - { from: mid, to: other, buffer: { records: 1k, bytes: 1MiB } }\n";
  CHECK(codes(other + "  - feed.out -> mid -> end\n") == Codes{"refusal-without-dead-letter"});
  CHECK(codes(other + "  - feed.out -> mid\n  - { from: mid, to: end, dead_letter: rejects }\n").empty());
  // That of another output takes nothing of the first.
  CHECK(codes("  - feed.out -> mid -> end\n"
              "  - { from: feed.other, to: other, buffer: { records: 1k, bytes: 1MiB }, dead_letter: rejects }\n"
              "  - { from: mid, to: other, buffer: { records: 1k, bytes: 1MiB } }\n") ==
        Codes{"refusal-without-dead-letter"});
}

}  // namespace
}  // namespace sluice::engine::testing
