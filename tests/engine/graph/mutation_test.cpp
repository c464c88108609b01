// SPDX-License-Identifier: Apache-2.0
// A property: whatever is done to a good graph, reading it ends with a spec without errors or with errors that have
// sentences and places inside of the file; and both renderings of them can be made.
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "example.hpp"
#include "graph/diagnostic_render.hpp"

using namespace sluice::engine;

namespace {

const std::vector<std::string> tokens{
    "{",      "}",    "[",    "]",    ":",   ": ",   ",",           "- ",    "->",
    "\"",     "'",    "\n",   "\n  ", "\t",  "#",    "&a ",         "*a",    "<<: ",
    "!x ",    "|\n",  "> ",   "? ",   "---", "${",   "${A}",        "$$",    "numeric(20,8)",
    "on: ",   "null", "~",    "@",    "%",   "`",    "\xC3",        "\0",    "500k",
    "256MiB", "-1",   "1.5s", "from", "to",  "type", "buffer",      "nodes", "edges",
    ".",      "..",   "A",    "_",    "\\",  "\r\n", "\xE2\x82\xAC"};

class Mutator {
 public:
  explicit Mutator(std::uint32_t seed) : random_(seed) {}

  std::string mutate(std::string text) {
    const std::size_t changes = 1 + below(6);
    for (std::size_t i = 0; i < changes; ++i) change(text);
    return text;
  }

 private:
  std::size_t below(std::size_t bound) { return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_); }

  void change(std::string& text) {
    if (text.empty()) text = "a";
    const std::size_t at = below(text.size());
    const std::size_t length = 1 + below(24);
    switch (below(7)) {
      case 0:
        text.erase(at, length);
        break;
      case 1:
        text.insert(at, tokens[below(tokens.size())]);
        break;
      case 2:
        text[at] = static_cast<char>(below(256));
        break;
      case 3:
        text.insert(below(text.size()), text.substr(at, length));
        break;  // copy a part
      case 4:
        text.replace(at, length, tokens[below(tokens.size())]);
        break;
      case 5:
        text.insert(at, text.substr(line_begin(text, at), 60));
        break;  // repeat a line
      default:
        if (at + 1 < text.size()) std::swap(text[at], text[at + 1]);
        if (below(20) == 0) text.resize(at);
    }
  }

  static std::size_t line_begin(const std::string& text, std::size_t at) {
    const std::size_t newline = text.rfind('\n', at);
    return newline == std::string::npos ? 0 : newline;
  }

  std::mt19937 random_;
};

}  // namespace

TEST_CASE("a broken graph never crashes the reader and always gets an answer") {
  std::size_t good = 0;
  std::size_t bad = 0;
  for (std::uint32_t seed = 0; seed < 3000; ++seed) {
    const std::string text = Mutator(seed).mutate(testing::example);
    const auto read = testing::read(text);
    const auto problems = read.diagnostics.sorted();
    (read.diagnostics.has_errors() ? bad : good) += 1;
    if (!read.diagnostics.has_errors()) {
      if (read.spec.nodes.empty() || read.spec.name.value.empty()) FAIL("seed " << seed << ": no error and no graph");
    }
    for (const Diagnostic& problem : problems) {
      const bool placed = problem.place.line >= 0 && problem.place.column >= 0 &&
                          static_cast<std::size_t>(problem.place.line) <= text.size() + 1;
      if (!placed || problem.sentence.empty()) FAIL("seed " << seed << ": " << problem.sentence);
    }
    if (!problems.empty()) {
      if (render_text(read.diagnostics, read.source).empty()) FAIL("seed " << seed << ": no text");
      if (!render_json(read.diagnostics, read.source).ends_with("]}")) FAIL("seed " << seed << ": no JSON");
    }
  }
  CHECK(good > 0);
  CHECK(bad > 1000);
}
