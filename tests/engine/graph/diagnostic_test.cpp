// SPDX-License-Identifier: Apache-2.0
#include "graph/diagnostic.hpp"

#include <algorithm>
#include <set>
#include <string>

#include "catch.hpp"
#include "graph/diagnostic_render.hpp"

using namespace sluice::engine;

TEST_CASE("every code has a word of its own and an explanation") {
  std::set<std::string_view> words;
  for (const CodeInfo& row : all_codes()) {
    INFO(row.word);
    CHECK(words.insert(row.word).second);
    CHECK(row.explanation.ends_with('.'));
    CHECK(std::all_of(row.word.begin(), row.word.end(),
                      [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }));
    CHECK(code_of(row.word) == row.code);
    CHECK(word(row.code) == row.word);
  }
  CHECK_FALSE(code_of("no-such-code"));
}

TEST_CASE("problems come sorted by place, once each") {
  Diagnostics diagnostics;
  diagnostics.error(Code::unknown_key, {9, 1}, "later", "s");
  diagnostics.warning(Code::latency_below_holds, {2, 7}, "second", "s");
  diagnostics.error(Code::bad_name, {2, 3}, "first", "s");
  diagnostics.error(Code::bad_name, {2, 3}, "first", "s");
  CHECK(diagnostics.errors() == 2);
  CHECK(diagnostics.warnings() == 1);
  CHECK(diagnostics.has_errors());
  const auto sorted = diagnostics.sorted();
  REQUIRE(sorted.size() == 3);
  CHECK(sorted[0].subject == "first");
  CHECK(sorted[1].subject == "second");
  CHECK(sorted[2].subject == "later");
}

TEST_CASE("the collector is bounded and counts what it leaves out") {
  Diagnostics diagnostics;
  for (int i = 1; i <= 700; ++i) diagnostics.error(Code::unknown_key, {i, 1}, {}, "s");
  CHECK(diagnostics.errors() == 700);
  CHECK(diagnostics.sorted().size() == Diagnostics::max_kept);
  CHECK(diagnostics.left_out() == 200);
  CHECK(render_text(diagnostics, SourceText("g.yaml", "a")).ends_with("g.yaml: 200 more problems are not shown\n"));
}

TEST_CASE("text shows the line and points at the column") {
  const SourceText source("g.yaml",
                          "graph: x\nn\xC3\xB6"
                          "des: 1\n");
  Diagnostics diagnostics;
  diagnostics.error(Code::unknown_key, {2, 3}, "node \"a\"", "there is no such key", "nodes");
  CHECK(render_text(diagnostics, source) ==
        "g.yaml:2:3: error[unknown-key]: node \"a\": there is no such key; did you mean \"nodes\"?\n"
        "  2 | n\xC3\xB6"
        "des: 1\n"
        "    |   ^\n");
}

TEST_CASE("a problem of the whole file has no place") {
  Diagnostics diagnostics;
  diagnostics.warning(Code::missing_key, {}, {}, "the file is empty");
  CHECK(render_text(diagnostics, SourceText("g.yaml", "")) == "g.yaml: warning[missing-key]: the file is empty\n");
}

TEST_CASE("a very long line is cut around the column") {
  const SourceText source("g.yaml", std::string(5000, 'a') + "X" + std::string(5000, 'b'));
  Diagnostics diagnostics;
  diagnostics.error(Code::bad_name, {1, 5001}, {}, "s");
  const std::string text = render_text(diagnostics, source);
  CHECK(text.size() < 500);
  const std::size_t line = text.find("  1 | ");
  const std::size_t caret_line = text.find("    | ", line);
  REQUIRE(line != std::string::npos);
  REQUIRE(caret_line != std::string::npos);
  CHECK(text[line + (text.find('^') - caret_line)] == 'X');
}

TEST_CASE("JSON carries the same, escaped") {
  const SourceText source("a \"b\".yaml", "x");
  Diagnostics diagnostics;
  diagnostics.add({Code::yaml_duplicate_key, Severity::error, {3, 1}, "s\\u", "line\nbreak\x01", "m", Place{1, 2}});
  CHECK(render_json(diagnostics, source) ==
        R"({"file":"a \"b\".yaml","errors":1,"warnings":0,"left_out":0,"diagnostics":[{"code":"yaml-duplicate-key",)"
        R"("severity":"error","line":3,"column":1,"subject":"s\\u","sentence":"line\nbreak\u0001",)"
        R"("did_you_mean":"m","other_line":1,"other_column":2}]})");
}
