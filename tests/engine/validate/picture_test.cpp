// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <vector>

#include "catch.hpp"
#include "planning.hpp"
#include "validate/graph_picture.hpp"

namespace sluice::engine::testing {
namespace {

const std::string text = R"(graph: drawn
processes:
  first: { from: feed }
  second: { from: log }
nodes:
  feed: { type: source }
  log: { type: relay }
  end: { type: sink }
  rejects: { type: relay }
edges:
  - { from: feed, to: log, buffer: { records: 10k, bytes: 8MiB }, when_full: drop_oldest }
  - { from: log, to: end, dead_letter: rejects }
)";

GraphSpec spec_of(const std::string& graph) {
  Diagnostics diagnostics;
  return read_graph(SourceText("graph.yaml", graph), fixed_environment({}), diagnostics);
}

bool has(const std::string& picture, const std::string& part) { return picture.find(part) != std::string::npos; }

TEST_CASE("a file is drawn with its processes framed and its relays between them") {
  const std::string dot = dot_text(spec_of(text), stand_ins());
  INFO(dot);
  CHECK(has(dot, "subgraph \"cluster_first\" {\n    label=\"process first\";\n    color=\"#94a3b8\";\n    \"feed\""));
  CHECK(has(dot, "\n  \"log\" [label=\"log\\nrelay\", shape=hexagon"));
  CHECK(has(dot, "\"feed\" -> \"log\" [label=\"10k, 8MiB\\ndrop_oldest\", style=dashed];"));
  CHECK(has(dot, "\"log\" -> \"end\" [style=solid];"));
  CHECK(has(dot, "\"end\" -> \"rejects\" [label=\"dead letter\", style=dotted"));

  const std::string mermaid = mermaid_text(spec_of(text), stand_ins());
  INFO(mermaid);
  CHECK(has(mermaid, "subgraph p_second[\"process second\"]\n    n_end[("));
  CHECK(has(mermaid, "n_feed -. \"10k, 8MiB<br/>drop_oldest\" .-> n_log"));

  const std::string svg = svg_text(spec_of(text), stand_ins());
  INFO(svg);
  CHECK(svg.starts_with("<svg "));
  CHECK(svg.ends_with("</svg>\n"));
  CHECK(has(svg, ">source \u00b7 first</text>"));
  CHECK(has(svg, ">relay \u00b7 first, second</text>"));
  CHECK(has(svg, ">10k, 8MiB</text>"));
  CHECK(has(svg, ">drop_oldest</text>"));
}

TEST_CASE("the words of two lines that leave one node stand apart") {
  const std::string svg = svg_text(spec_of(R"(graph: apart
nodes:
  feed: { type: source, outputs: [a, b] }
  first: { type: sink }
  second: { type: sink }
edges:
  - { from: feed.a, to: first, buffer: { records: 10k, bytes: 8MiB } }
  - { from: feed.b, to: second, buffer: { records: 10k, bytes: 8MiB } }
)"),
                                   stand_ins());
  INFO(svg);
  // Where the rows of words stand: three of each line.
  std::vector<double> rows;
  const std::string before = "y=\"";
  for (size_t at = svg.find("font-size=\"10\""); at != svg.npos; at = svg.find("font-size=\"10\"", at + 1)) {
    rows.push_back(std::stod(svg.substr(svg.rfind(before, at) + before.size())));
  }
  REQUIRE(rows.size() == 6);
  std::sort(rows.begin(), rows.end());
  CHECK(rows[3] - rows[2] >= 1.5 * (rows[1] - rows[0]));
}

TEST_CASE("a plan is drawn as what one process runs") {
  const Outcome outcome = plan_text_of(text, "second");
  REQUIRE(outcome.planned.plan);
  const std::string dot = dot_text(outcome.plan());
  INFO(dot);
  CHECK(has(dot, "digraph \"drawn, process second\""));
  CHECK_FALSE(has(dot, "feed"));
  CHECK(has(dot, "\"log\" -> \"end\""));
}

TEST_CASE("what no plugin provides is drawn by its edges") {
  std::string unknown = text;
  unknown.replace(unknown.find("type: sink"), 10, "type: none");
  CHECK(has(dot_text(spec_of(unknown), stand_ins()), "\"end\" [label=\"end\\nnone\", shape=cylinder"));
}

}  // namespace
}  // namespace sluice::engine::testing
