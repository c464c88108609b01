// SPDX-License-Identifier: Apache-2.0
#include "graph/yaml_document.hpp"

#include <string>
#include <vector>

#include "catch.hpp"

using namespace sluice::engine;

namespace {

struct Document {
  std::optional<YamlNode> root;
  std::vector<Diagnostic> problems;
};

Document parse(const std::string& text, const YamlLimits& limits = {}) {
  Diagnostics diagnostics;
  Document document;
  document.root = read_yaml(SourceText("g.yaml", text), diagnostics, limits);
  document.problems = diagnostics.sorted();
  return document;
}

const YamlNode& at(const YamlNode& map, const std::string& key) {
  const YamlEntry* const entry = map.find(key);
  REQUIRE(entry != nullptr);
  return entry->value;
}

}  // namespace

TEST_CASE("values keep their kind, text, quotes and place") {
  const Document d = parse("a: 1\nb: [x, \"y\"]\nc: {d: 'e'}\nf:\ng: ~\nh: |\n  block\n\"i\": \xC3\xA9 # c\n");
  REQUIRE(d.problems.empty());
  REQUIRE(d.root);
  CHECK(d.root->entries.size() == 7);
  CHECK(at(*d.root, "a").text == "1");
  CHECK_FALSE(at(*d.root, "a").quoted);
  CHECK(at(*d.root, "a").place == Place{1, 4});
  REQUIRE(at(*d.root, "b").is_list());
  CHECK(at(*d.root, "b").items.at(1).quoted);
  CHECK(at(*d.root, "b").items.at(1).place == Place{2, 8});
  CHECK(at(at(*d.root, "c"), "d").text == "e");
  CHECK(d.root->find("c")->key_place == Place{3, 1});
  CHECK(at(*d.root, "f").is_null());
  CHECK(at(*d.root, "f").place == Place{4, 1});  // its key: there is no value to point at
  CHECK(at(*d.root, "g").is_null());
  CHECK(at(*d.root, "g").place == Place{5, 4});
  CHECK(at(*d.root, "h").text == "block\n");
  CHECK(at(*d.root, "h").quoted);
  CHECK(at(*d.root, "i").text == "\xC3\xA9");
  CHECK(d.root->find("none") == nullptr);
}

TEST_CASE("an alias is what it refers to, at the place where it is used") {
  const Document d = parse("a: &x { k: v }\nb: *x\n&key c: 1\nd: *key\n");
  REQUIRE(d.problems.empty());
  CHECK(at(at(*d.root, "b"), "k").text == "v");
  CHECK(at(*d.root, "b").place == Place{2, 4});
  CHECK(at(*d.root, "d").text == "c");
}

TEST_CASE("merge keys add what is not there") {
  const Document d =
      parse("a: &x { k: 1, l: 2 }\nb: &y { l: 3, m: 4 }\nc: { <<: *x, k: 9 }\nd: { <<: [*y, *x], n: 5 }\n");
  REQUIRE(d.problems.empty());
  CHECK(at(*d.root, "c").entries.size() == 2);
  CHECK(at(at(*d.root, "c"), "k").text == "9");
  CHECK(at(at(*d.root, "c"), "l").text == "2");
  CHECK(at(*d.root, "d").entries.size() == 4);
  CHECK(at(at(*d.root, "d"), "l").text == "3");
  CHECK(at(at(*d.root, "d"), "k").text == "1");
}

TEST_CASE("each fault of the YAML has its code and its place") {
  struct Row {
    std::string text;
    Code code;
    Place place;
    std::string says;
  };
  const std::vector<Row> table{
      {"a: 1\n---\nb: 2\n", Code::yaml_second_document, {2, 1}, "holds one"},
      {"a: 1\n...\nb: 2\n", Code::yaml_second_document, {3, 1}, "holds one"},
      {"a: 1\nb: 2\na: 3\n", Code::yaml_duplicate_key, {3, 1}, "is already defined on line 1, column 1"},
      {"m: {k: 1, k: 2}\n", Code::yaml_duplicate_key, {1, 11}, "line 1, column 5"},
      {"a: 1\n\"a\": 2\n", Code::yaml_duplicate_key, {2, 1}, "line 1, column 1"},
      {"on: 1\n", Code::yaml_key, {1, 1}, "boolean"},
      {"a: { Yes: 1 }\n", Code::yaml_key, {1, 6}, "boolean"},
      {"a: { FALSE: 1 }\n", Code::yaml_key, {1, 6}, "boolean"},
      {"? [a]\n: 1\n", Code::yaml_key, {1, 3}, "a list cannot be a key"},
      {"~: 1\n", Code::yaml_key, {1, 1}, "null"},
      {"a: &x [1, *x]\n", Code::yaml_alias_cycle, {1, 11}, "never end"},
      {"a: &x { k: { l: *x } }\n", Code::yaml_alias_cycle, {1, 17}, "never end"},
      {"a: !!str 1\n", Code::yaml_tag, {1, 4}, "tag"},
      {"a: !python/object x\n", Code::yaml_tag, {1, 4}, "!python/object"},
      {"a: ! x\n", Code::yaml_tag, {1, 4}, "tag"},
      {"a: { <<: 3 }\n", Code::yaml_merge, {1, 10}, "takes a map"},
      {"a: { <<: [3] }\n", Code::yaml_merge, {1, 11}, "takes a map"},
      {"a: b: c\n", Code::yaml_syntax, {1, 5}, "quote the value"},
      {"a: [1, 2\nb: 3\n", Code::yaml_syntax, {1, 4}, "["},
      {"a: {b: 1\n", Code::yaml_syntax, {1, 4}, "the { that begins here is not closed"},
      {"a:\n  b c\n  d: 1\n", Code::yaml_syntax, {2, 3}, "a ':' is missing behind \"b\""},
      {"a: ]\n", Code::yaml_syntax, {1, 4}, "closes nothing"},
      {"a:\n\tb: 1\n", Code::yaml_syntax, {2, 3}, "tab"},
      {"a: *none\n", Code::yaml_syntax, {1, 4}, "no anchor"},
      {"a: \"b\nc: 1\n", Code::yaml_syntax, {1, 4}, "not closed"},
      {"a: 'it''s\n", Code::yaml_syntax, {1, 4}, "not closed"},
      {"a: @b\n", Code::yaml_syntax, {1, 4}, "quotes"},
      {"a: 1\nb: \xFF\n", Code::yaml_utf8, {2, 4}, "0xFF"},
      {std::string("a: \0\n", 5), Code::yaml_utf8, {1, 4}, "control"},
      // What YAML takes apart inside {} and [].
      {"p: { http: ${HOST:-127.0.0.1}:8081 }\n", Code::yaml_quote, {1, 12}, "write \"${HOST:-127.0.0.1}:8081\""},
      {"p: [ ${HOST}, b ]\n", Code::yaml_quote, {1, 6}, "write \"${HOST}\""},
      {"p: [ \"x\", ${A:-y}:80 ]\n", Code::yaml_quote, {1, 11}, "write \"${A:-y}:80\""},
      {"p: { u: ws://${A}/${B} }\n", Code::yaml_quote, {1, 14}, "write \"ws://${A}/${B}\""},
      {"p: { from: p, as: numeric(20,8) }\n", Code::yaml_quote, {1, 19}, "\"numeric(20,8)\""},
      {"p: { as: numeric(20, 8), b: c }\n", Code::yaml_quote, {1, 10}, "\"numeric(20, 8)\""},
      {"p: [ f(1,2,3), b ]\n", Code::yaml_quote, {1, 6}, "\"f(1,2,3)\""},
  };
  for (const Row& row : table) {
    INFO(row.text);
    const Document d = parse(row.text);
    REQUIRE_FALSE(d.problems.empty());
    CHECK(word(d.problems.at(0).code) == word(row.code));
    CHECK(d.problems.at(0).place.line == row.place.line);
    CHECK(d.problems.at(0).place.column == row.place.column);
    INFO(d.problems.at(0).sentence);
    CHECK(d.problems.at(0).sentence.find(row.says) != std::string::npos);
  }
}

TEST_CASE("a repeated key names both places") {
  const Document d = parse("a: 1\nb: 2\na: 3\n");
  REQUIRE(d.problems.size() == 1);
  CHECK(d.problems.at(0).other_place == Place{1, 1});
  REQUIRE(d.root);
  CHECK(at(*d.root, "a").text == "1");
}

TEST_CASE("after an unquoted variable or comma the rest is still read, and the value is whole") {
  const Document d =
      parse("a: { h: ${A:-b}:80, t: numeric(20,8), z: 1 }\nb: [ ${C}, decimal(1, 2) ]\nb: 2\nc: { d: ${E} }\n");
  REQUIRE(d.root);
  std::vector<std::string_view> codes;
  for (const Diagnostic& p : d.problems) codes.push_back(word(p.code));
  CHECK(codes == std::vector<std::string_view>{"yaml-quote", "yaml-quote", "yaml-quote", "yaml-quote",
                                               "yaml-duplicate-key", "yaml-quote"});
  CHECK(at(at(*d.root, "a"), "h").text == "${A:-b}:80");
  CHECK(at(at(*d.root, "a"), "t").text == "numeric(20,8)");
  CHECK(at(at(*d.root, "a"), "z").text == "1");
  CHECK(at(*d.root, "b").items.at(0).text == "${C}");
  CHECK(at(*d.root, "b").items.at(1).text == "decimal(1, 2)");
  CHECK(at(at(*d.root, "c"), "d").text == "${E}");
}

TEST_CASE("parentheses and commas that YAML leaves alone are left alone") {
  const Document d =
      parse("a: numeric(20,8)\nb: { c: \"numeric(20,8)\", d: f(x) }\ne: [\"f(1\", \"2)\"]\nf: [g(, h]\n");
  CHECK(d.problems.empty());
  CHECK(at(*d.root, "a").text == "numeric(20,8)");
  CHECK(at(*d.root, "f").items.size() == 2);
}

TEST_CASE("quoted words are good keys") {
  const Document d = parse("\"on\": 1\n'yes': 2\nonce: 3\n");
  CHECK(d.problems.empty());
  CHECK(d.root->entries.size() == 3);
}

TEST_CASE("nothing in the file is nothing") {
  for (const std::string text : {"", "\n", "# only a comment\n"}) {
    const Document d = parse(text);
    CHECK_FALSE(d.root);
    CHECK(d.problems.empty());
  }
}

TEST_CASE("columns count characters, and a byte order mark none") {
  const Document d = parse("\xEF\xBB\xBF\xC3\xA9: { \xC3\xA9: 1, a: 2, a: 3 }\n");
  REQUIRE(d.problems.size() == 1);
  CHECK(d.problems.at(0).place == Place{1, 18});
  CHECK(d.problems.at(0).other_place == Place{1, 12});
}
