// SPDX-License-Identifier: Apache-2.0
// One mistake gives one diagnostic: what follows from it is not reported beside it.
#include "catch.hpp"
#include "planning.hpp"

namespace sluice::engine::testing {
namespace {

const std::string whole = R"(graph: whole
processes:
  ingest: { from: feed }
  store: { from: log }
nodes:
  feed: { type: source, provides: [kind] }
  part: { type: change, outputs: [left, right] }
  log: { type: relay, provides: [key] }
  batch: { type: change }
  left: { type: sink, reads: [key] }
  right: { type: sink, reads: [kind] }
edges:
  - feed -> part
  - { from: part.left, to: log, buffer: { records: 1k, bytes: 1MiB } }
  - { from: part.right, to: right, buffer: { records: 1k, bytes: 1MiB } }
  - log -> batch
  - batch -> left
)";

std::string without(std::string text, const std::string& line) {
  const size_t at = text.find(line);
  REQUIRE(at != std::string::npos);
  return text.erase(at, line.size());
}

std::string with(std::string text, const std::string& old, const std::string& changed) {
  const size_t at = text.find(old);
  REQUIRE(at != std::string::npos);
  return text.replace(at, old.size(), changed);
}

/// Subject and sentence of the only diagnostic.
std::string only(const std::string& text) {
  const Outcome outcome = plan_text_of(text);
  INFO(outcome.text());
  const std::vector<Diagnostic> all = outcome.diagnostics.sorted();
  REQUIRE(all.size() == 1);
  return all.front().subject + ": " + all.front().sentence;
}

TEST_CASE("the graph that these tests break is whole") { CHECK(plan_text_of(whole).planned.plan); }

TEST_CASE("each missing edge is reported once, with both of its ends") {
  CHECK(
      only(without(whole, "  - feed -> part\n")) ==
      "node \"feed\": no edge reaches or leaves the node; wire it under edges, or remove it; \"part\" has none either");
  CHECK(only(without(whole, "  - { from: part.left, to: log, buffer: { records: 1k, bytes: 1MiB } }\n")) ==
        "node \"part\": the output \"left\" has no edge; add an edge part.left -> NODE");
  CHECK(only(without(whole, "  - { from: part.right, to: right, buffer: { records: 1k, bytes: 1MiB } }\n")) ==
        "node \"part\": the output \"right\" has no edge; add an edge part.right -> NODE; \"right\" has none either");
  CHECK(only(without(whole, "  - log -> batch\n")) ==
        "process \"store\": the process begins at the relay \"log\", but no edge leaves it; add an edge, or begin "
        "elsewhere");
  CHECK(only(without(whole, "  - batch -> left\n")) ==
        "node \"batch\": the output \"out\" has no edge; add an edge batch -> NODE; \"left\" has none either");
}

TEST_CASE("two missing edges are two diagnostics") {
  const std::string text = without(without(whole, "  - feed -> part\n"), "  - batch -> left\n");
  const Outcome outcome = plan_text_of(text);
  CHECK(outcome.codes() == std::vector<std::string>{"unwired-node", "unwired-port"});
  CHECK(outcome.text().find("add an edge batch -> NODE; \"part\" and \"left\" have none either") != std::string::npos);
}

TEST_CASE("with more open inputs than outputs, the inputs are reported") {
  const std::string text = with(without(whole, "  - batch -> left\n"), "edges:\n", "  more: { type: sink }\nedges:\n");
  const Outcome outcome = plan_text_of(text);
  CHECK(outcome.codes() == std::vector<std::string>{"unwired-node", "unwired-node"});
  CHECK(outcome.text().find(
            "node \"more\": no edge reaches or leaves the node; wire it under edges, or remove it; \"batch\" has none "
            "either") != std::string::npos);
}

TEST_CASE("ends that an edge would join to a cycle are two problems") {
  const Outcome outcome = plan_text_of(R"(graph: round
nodes:
  feed: { type: source }
  join: { type: change, inputs: [left, right], outputs: [on, open] }
  end: { type: sink }
edges:
  - feed -> join.left
  - join.on -> end
)");
  CHECK(outcome.codes() == std::vector<std::string>{"unwired-port", "unwired-port"});
  CHECK(outcome.text().find("either") == std::string::npos);
}

TEST_CASE("a source that no process names is reported, and not what is behind it") {
  CHECK(only(with(whole, "  ingest: { from: feed }\n", "")) ==
        "node \"feed\": the node belongs to no process; name it in the `from` of one");
  CHECK(only(with(whole, "  store: { from: log }\n", "")) ==
        "node \"log\": the output of the relay belongs to no process; name it in the `from` of one");
}

TEST_CASE("two nodes of one name are reported once, though the name of one of them is missed") {
  CHECK(only(with(whole, "  batch: { type: change }\n", "  log: { type: change }\n")) ==
        ": the key \"log\" is already defined on line 8, column 3; keep one of the two");
  CHECK(only(with(whole, "  part: {", "  feed: {")).find("the key \"feed\" is already defined") != std::string::npos);
}

TEST_CASE("with two nodes of one name, two unknown names are reported") {
  const std::string text = with(whole, "  batch: { type: change }\n", "  log: { type: change }\n");
  const Outcome outcome = plan_text_of(with(text, "  - feed -> part\n", "  - feed -> prat -> part\n"));
  CHECK(outcome.codes() == std::vector<std::string>{"yaml-duplicate-key", "unknown-node", "unknown-node"});
}

TEST_CASE("an unknown name is reported where it is first, with its other lines") {
  CHECK(
      only(with(whole, "  batch: { type: change }\n", "")) ==
      "edge \"log -> batch\": no node is named \"batch\", which line 16 names too; declare it under nodes, or correct "
      "the name");
}

}  // namespace
}  // namespace sluice::engine::testing
