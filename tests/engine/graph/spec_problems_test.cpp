// SPDX-License-Identifier: Apache-2.0
// Bad snippet -> code, line and column, and (where it matters) what the sentence says.
#include <string>
#include <vector>

#include "catch.hpp"
#include "example.hpp"
#include "graph/diagnostic_render.hpp"

using namespace sluice::engine;

namespace {

struct Row {
  std::string text;
  Code code;
  Place place;
  std::string says = {};
};

void check(const std::vector<Row>& table, const std::string& before, const std::string& after) {
  for (const Row& row : table) {
    const auto r = testing::read(before + row.text + after);
    const std::string all = render_text(r.diagnostics, r.source);
    INFO(row.text << "\n" << all);
    const auto problems = r.diagnostics.sorted();
    REQUIRE(problems.size() == 1);
    CHECK(word(problems[0].code) == word(row.code));
    CHECK(problems[0].place.line == row.place.line);
    CHECK(problems[0].place.column == row.place.column);
    CHECK(all.find(row.says) != std::string::npos);
  }
}

}  // namespace

TEST_CASE("problems of the file as a whole") {
  const std::string nodes = "nodes: { a: { type: x } }\n";
  check(
      {
          {"", Code::missing_key, {0, 0}, "the file is empty"},
          {"# nothing\n", Code::missing_key, {0, 0}},
          {"just text\n", Code::wrong_type, {1, 1}, "a graph file is a map"},
          {"- a\n", Code::wrong_type, {1, 1}, "not a list"},
          {nodes + "edges: []\n", Code::missing_key, {1, 1}, "begin the file with graph: NAME"},
          {"graph: g\nedges: []\n", Code::missing_key, {1, 1}, "nodes:"},
          {"graph: g\n" + nodes, Code::missing_key, {1, 1}, "edges:"},
          {"graph: Binance-Feed\n" + nodes + "edges: []\n", Code::bad_name, {1, 8}, "did you mean \"binance_feed\"?"},
          {"graph: ${NAME}\n" + nodes + "edges: []\n", Code::variable_not_allowed, {1, 8}},
          {"graph: [g]\n" + nodes + "edges: []\n", Code::wrong_type, {1, 8}},
          {"graph:\n" + nodes + "edges: []\n", Code::missing_key, {1, 1}},
          {"graph: g\nnode: {}\n" + nodes + "edges: []\n", Code::unknown_key, {2, 1}, "did you mean \"nodes\"?"},
          {"graph: g\nnodes: {}\nedges: []\n", Code::missing_key, {2, 1}, "declares no node"},
          {"graph: g\nnodes: []\nedges: []\n", Code::wrong_type, {2, 8}},
          {"graph: g\nnodes:\nedges: []\n", Code::wrong_type, {2, 1}},
          {"graph: g\n" + nodes + "edges: a\n", Code::wrong_type, {3, 8}, "edges is a list"},
          {"graph: g\n" + nodes + "edges:\n", Code::wrong_type, {3, 1}},
      },
      "", "");
}

TEST_CASE("problems of a node") {
  check(
      {
          {"  n: stamp\n", Code::wrong_type, {4, 6}, "write { type: TYPE, ... }"},
          {"  n:\n", Code::wrong_type, {4, 3}},
          {"  n: { field: x }\n", Code::missing_key, {4, 3}, "needs `type`"},
          {"  n: { type: }\n", Code::missing_key, {4, 8}},
          {"  n: { type: [x] }\n", Code::wrong_type, {4, 14}},
          {"  n: { type: \"${T}\" }\n", Code::variable_not_allowed, {4, 14}},
          {"  n: { type: Stamp }\n", Code::bad_name, {4, 14}, "did you mean \"stamp\"?"},
          {"  N: { type: x }\n", Code::bad_name, {4, 3}, "did you mean \"n\"?"},
          {"  1n: { type: x }\n", Code::bad_name, {4, 3}},
          {"  " + std::string(65, 'n') + ": { type: x }\n", Code::bad_name, {4, 3}, "64"},
          {"  a: { type: x }\n", Code::yaml_duplicate_key, {4, 3}, "line 3, column 3"},
          {"  n: { type: x, url: \"${A:?}\" }\n", Code::bad_variable, {4, 22}},
          {"  n: { type: x, deep: [ { u: \"${A\" } ] }\n", Code::bad_variable, {4, 30}, "no closing }"},
          {"  n: { type: x, in_flight: 5 }\n", Code::wrong_type, {4, 28}},
          {"  n: { type: x, in_flight: {} }\n", Code::missing_key, {4, 17}},
          {"  n: { type: x, in_flight: { records: 0 } }\n", Code::out_of_range, {4, 39}, "between 1 and 1G"},
          {"  n: { type: x, in_flight: { records: 2G } }\n", Code::out_of_range, {4, 39}},
          {"  n: { type: x, in_flight: { record: 1, bytes: 1KB } }\n", Code::unknown_key, {4, 30}, "\"records\"?"},
          {"  n: { type: x, in_flight: { bytes: 5 } }\n", Code::bad_unit, {4, 37}, "64KiB or 256MiB"},
          {"  n: { type: x, in_flight: { bytes: \"${A}\" } }\n", Code::unset_variable, {4, 37}, "A is not set"},
      },
      "graph: g\nnodes:\n  a: { type: x }\n", "edges: []\n");
}

TEST_CASE("problems of an edge") {
  check(
      {
          {"- [a, b]", Code::bad_edge, {4, 3}},
          {"-", Code::bad_edge, {4, 1}},
          {"- a", Code::bad_edge, {4, 3}, "by an arrow"},
          {"- a => b", Code::bad_edge, {4, 3}},
          {"- a ->", Code::bad_edge, {4, 7}, "a node is missing"},
          {"- a -> -> b", Code::bad_edge, {4, 7}},
          {"- a -> B", Code::bad_name, {4, 8}},
          {"- a.P -> b", Code::bad_name, {4, 3}},
          {"- a.p.q -> b", Code::bad_name, {4, 3}},
          {"- a. -> b", Code::bad_name, {4, 3}},
          {"- a -> ${B}", Code::variable_not_allowed, {4, 3}},
          {"- a -> c", Code::unknown_node, {4, 8}, "edge \"a -> c\": no node is named \"c\""},
          {"- a -> bravo_", Code::unknown_node, {4, 8}, "did you mean \"bravo\"?"},
          {"- { to: b }", Code::missing_key, {4, 3}, "needs `from`"},
          {"- { from: a }", Code::missing_key, {4, 3}, "needs `to`"},
          {"- { from: a, to: [b] }", Code::wrong_type, {4, 18}, "one edge for each"},
          {"- { from: a, to: b -> bravo }", Code::bad_edge, {4, 18}},
          {"- { from: a, to: b, bufer: 1 }", Code::unknown_key, {4, 21}, "did you mean \"buffer\"?"},
          {"- { from: a, to: b, buffer: 1k }", Code::wrong_type, {4, 29}, "{ records: 500k, bytes: 256MiB }"},
          {"- { from: a, to: b, buffer: { records: 1k } }", Code::missing_key, {4, 21}, "needs bytes"},
          {"- { from: a, to: b, buffer: { bytes: 1KB } }", Code::missing_key, {4, 21}, "needs records"},
          {"- { from: a, to: b, buffer: { records: 5kk, bytes: 1KB } }", Code::bad_unit, {4, 40}, "500k or 1M"},
          {"- { from: a, to: b, buffer: { records: 1, bytes: 2TiB } }", Code::out_of_range, {4, 50}},
          {"- { from: a, to: b, buffer: { records: -1, bytes: 1KB } }", Code::out_of_range, {4, 40}, "negative"},
          {"- { from: a, to: b, buffer: { records: [1], bytes: 1KB } }", Code::wrong_type, {4, 40}},
          {"- { from: a, to: b, buffer: { records: , bytes: 1KB } }", Code::missing_key, {4, 31}},
          {"- { from: a, to: b, buffer: { records: \"${file:/x}\", bytes: 1KB } }", Code::unreadable_secret, {4, 40}},
          {"- { from: a, to: b, when_full: drop }", Code::unknown_word, {4, 32}},
          {"- { from: a, to: b, when_full: drop_oldst }", Code::unknown_word, {4, 32}, "\"drop_oldest\"?"},
          {"- { from: a, to: b, when_full: conflate }", Code::wrong_type, {4, 32}, "{ conflate: symbol }"},
          {"- { from: a, to: b, when_full: { conflat: k } }", Code::unknown_key, {4, 34}},
          {"- { from: a, to: b, when_full: [block] }", Code::wrong_type, {4, 32}},
          {"- { from: a, to: b, commit: on_delivry }", Code::unknown_word, {4, 29}, "\"on_delivery\"?"},
          {"- { from: a, to: b, dead_letter: c }", Code::unknown_node, {4, 34}},
          {"- { from: a, to: b, dead_letter: { stop_after: 3 } }", Code::missing_key, {4, 21}},
          {"- { from: a, to: b, dead_letter: { to: bravo, stop_after: 1s } }", Code::bad_unit, {4, 59}},
          {"- { from: a, to: b, dead_letter: { to: bravo, stop_after: { rejects: 5 } } }", Code::missing_key, {4, 47}},
          {"- { from: a, to: b, dead_letter: { to: bravo, stop_after: { rejects: 5, of: 4 } } }",
           Code::out_of_range,
           {4, 77},
           "less than rejects"},
          {"- { from: a, to: b, dead_letter: { to: bravo, stop_after: { rejects: 5, of: 9, last: 1 } } }",
           Code::unknown_key,
           {4, 80}},
          {"- { from: a, to: b, dead_letter: { to: bravo, after: 1 } }", Code::unknown_key, {4, 47}},
          {"- { from: a, to: b, continuity: { key: stream, id: id } }",
           Code::unknown_key,
           {4, 21},
           "{ type: continuity"},
          {"- { from: a, to: b, spill: 1GB }", Code::unknown_key, {4, 21}, "has no key"},
          {"- a -> b\n- a -> b", Code::duplicate_edge, {5, 3}, "line 4, column 3"},
          {"- a.p -> b\n- { from: a.p, to: b }", Code::duplicate_edge, {5, 11}},
      },
      "graph: g\nnodes: { a: { type: x }, b: { type: x }, bravo: { type: x } }\nedges:\n", "\n");
}

TEST_CASE("problems of processes and requirements") {
  check(
      {
          {"processes: { p: { form: a, from: a } }", Code::unknown_key, {4, 19}, "\"from\"?"},
          {"processes: { p: {} }", Code::missing_key, {4, 14}, "needs `from`"},
          {"processes: { p: { from: [] } }", Code::missing_key, {4, 14}},
          {"processes: { p: { from: c } }", Code::unknown_node, {4, 25}},
          {"processes: { p: { from: [a, 7] } }", Code::bad_name, {4, 29}},
          {"processes: { P: { from: a } }", Code::bad_name, {4, 14}},
          {"processes: { p: a }", Code::wrong_type, {4, 17}},
          {"processes: [p]", Code::wrong_type, {4, 12}},
          {"processes: { p: { from: a, http: [8081] } }", Code::wrong_type, {4, 34}, "an address such as"},
          {"require: { a: efectively_once }", Code::unknown_word, {4, 15}, "\"effectively_once\"?"},
          {"require: { c: at_least_once }", Code::unknown_node, {4, 12}},
          {"require: [a]", Code::wrong_type, {4, 10}},
          {"require: { A: at_least_once }", Code::bad_name, {4, 12}},
      },
      "graph: g\nnodes: { a: { type: x }, b: { type: x } }\nedges: [ a -> b ]\n", "\n");
}

TEST_CASE("all problems come in one pass") {
  const auto r = testing::read(
      "graph: G\nnodes:\n  a: { typ: x }\n  b: { type: x, in_flight: { records: 0 } }\n"
      "edges:\n  - a -> c\n  - { from: a, to: b, commit: never }\nrequire: { b: always }\n");
  std::vector<std::string_view> codes;
  for (const Diagnostic& d : r.diagnostics.sorted()) codes.push_back(word(d.code));
  CHECK(codes == std::vector<std::string_view>{"bad-name", "missing-key", "out-of-range", "unknown-node",
                                               "unknown-word", "unknown-word"});
}
