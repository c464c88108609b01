// SPDX-License-Identifier: Apache-2.0
// Input that is made to exhaust a reader: bombs of aliases, endless nesting, huge files.
#include <chrono>
#include <string>
#include <vector>

#include "catch.hpp"
#include "example.hpp"
#include "graph/yaml_document.hpp"

using namespace sluice::engine;

namespace {

std::vector<Diagnostic> problems(const std::string& text) {
  Diagnostics diagnostics;
  read_yaml(SourceText("g.yaml", text), diagnostics);
  return diagnostics.sorted();
}

std::string repeated(const std::string& text, std::size_t times) {
  std::string result;
  result.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) result += text;
  return result;
}

}  // namespace

TEST_CASE("a bomb of aliases is refused before it grows") {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string alias = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + alias + repeated(", " + alias, 9) + "]\n";
  }
  const auto found = problems(bomb);
  REQUIRE(found.size() == 1);
  CHECK(found.at(0).code == Code::yaml_too_large);
  CHECK(found.at(0).place.line <= 6);
}

TEST_CASE("a bomb of merge keys is refused before it grows") {
  std::string bomb = "a0: &a0 { k: [x, x, x, x, x, x, x, x, x, x] }\n";
  for (int i = 1; i < 30; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " { <<: " + last + ", l: " + last + " }\n";
  }
  const auto found = problems(bomb);
  REQUIRE_FALSE(found.empty());
  CHECK(found.at(0).code == Code::yaml_too_large);
}

TEST_CASE("nested anchors do not multiply memory") {
  std::string text = "a: ";
  for (int i = 0; i < 30; ++i) text += "&x" + std::to_string(i) + " [";
  text += repeated("x, ", 20'000) + "x" + std::string(30, ']') + "\n";
  const auto found = problems(text);
  REQUIRE(found.size() == 1);
  CHECK(found.at(0).code == Code::yaml_too_large);
}

TEST_CASE("endless nesting is refused") {
  const std::vector<std::string> nests{repeated("[", 200'000),  repeated("{a: ", 200'000), repeated("- ", 200'000),
                                       repeated("? ", 200'000), repeated("[{", 100'000),   repeated("{? ", 100'000)};
  for (const std::string& text : nests) {
    INFO(text.substr(0, 12));
    const auto found = problems(text);
    REQUIRE_FALSE(found.empty());
    CHECK((found.at(0).code == Code::yaml_too_deep || found.at(0).code == Code::yaml_syntax));
  }
}

TEST_CASE("the size is bounded, and named") {
  const auto found = problems("a: " + std::string(SourceText::max_bytes, 'x') + "\n");
  REQUIRE(found.size() == 1);
  CHECK(found.at(0).code == Code::yaml_too_large);
  CHECK(found.at(0).sentence.find("1MiB") != std::string::npos);
}

TEST_CASE("a full megabyte ends with an answer") {
  const std::size_t limit = SourceText::max_bytes;
  const std::vector<std::string> texts{repeated("k: v\n", limit / 5),
                                       repeated("a, ", limit / 3),
                                       "[" + repeated("a, ", limit / 3 - 4) + "a]",
                                       "{" + repeated("a: 1, ", limit / 6 - 1) + "}",
                                       repeated("- ${A}\n", limit / 7),
                                       "a: \"" + repeated("\\n", limit / 2 - 10) + "\"",
                                       repeated("\"", limit),
                                       repeated("'", limit - 1),
                                       repeated("&a ", limit / 3),
                                       repeated("*a ", limit / 3),
                                       repeated(": ", limit / 2),
                                       repeated("\n", limit),
                                       repeated("#\n", limit / 2),
                                       repeated("!a ", limit / 3),
                                       "a: |\n" + repeated(" x\n", limit / 3 - 4),
                                       repeated("[${", limit / 3),
                                       "a: [" + repeated("${A}, ", limit / 6 - 2) + "]",
                                       repeated("---\n", limit / 4),
                                       "graph: g\nedges: [" + repeated("a->", limit / 4) + "b]\n",
                                       "graph: g\nnodes: {" + repeated("a: {b: c},", limit / 12) + "}\nedges: []\n",
                                       "k: " + repeated("x ", limit / 2 - 4)};
  for (const std::string& text : texts) {
    INFO(text.substr(0, 16));
    REQUIRE(text.size() <= limit);
    const auto read = testing::read(text);
    CHECK(read.diagnostics.has_errors());
  }
}
