// SPDX-License-Identifier: Apache-2.0
#include "plugins_command.hpp"

#include <simdjson.h>

#include <sstream>

#include "catch.hpp"
#include "fixture_files.hpp"
#include "schema_command.hpp"

using namespace sluice::engine;
using namespace sluice::engine::test;

namespace {

struct Run {
  int code = -1;
  std::string out;
  std::string err;
};

/// As the program would be called, with the plugins of one directory.
Run run(const std::filesystem::path& directory, std::vector<std::string> words) {
  CLI::App app;
  const std::vector<std::string> directories{directory.string()};
  std::ostringstream out, err;
  Run result;
  sluice::cli::add_plugins_command(app, directories, out, err, result.code);
  sluice::cli::add_schema_command(app, directories, out, err, result.code);
  std::reverse(words.begin(), words.end());
  app.parse(words);
  result.out = out.str();
  result.err = err.str();
  return result;
}

}  // namespace

TEST_CASE("plugins list names types, plugins and what was refused", "[cli]") {
  const TemporaryDirectory directory;
  directory.take("plain_c");
  const Run good = run(directory.path(), {"plugins", "list"});
  CHECK(good.code == 0);
  CHECK(contains(good.out, "c_source  source     Emits numbered records and ends.\n"));
  CHECK(contains(good.out, "plain_c 1.0.0 (interface 1.2)"));
  CHECK(good.err.empty());
  directory.write("bad.so", "no plugin");
  const Run bad = run(directory.path(), {"plugins", "list", "--json"});
  CHECK(bad.code == 1);
  CHECK(contains(bad.err, "refused: "));
  simdjson::dom::parser parser;
  const simdjson::dom::element json = parser.parse(bad.out);
  CHECK(json["types"].get_array().value().size() == 3);
  CHECK(json["refused"].get_array().value().size() == 1);
}

TEST_CASE("plugins show explains one type", "[cli]") {
  const TemporaryDirectory directory;
  directory.take("plain_c");
  const Run text = run(directory.path(), {"plugins", "show", "c_source"});
  CHECK(text.code == 0);
  CHECK(contains(text.out, "c_source: a source of plugin plain_c 1.0.0\n"));
  CHECK(contains(text.out, "outputs: out\n"));
  CHECK(contains(text.out, "provides attributes: number (integer)\n"));
  CHECK(contains(text.out,
                 "  per_batch\n      How many of them travel together at most.\n      a count, from 1 to 65536; "
                 "default: 64\n"));
  const Run markdown = run(directory.path(), {"plugins", "show", "c_source", "--markdown"});
  CHECK(contains(markdown.out, "| `count` | How many records to make. | a count | `1000` |\n"));
  const Run unknown = run(directory.path(), {"plugins", "show", "c_sorce"});
  CHECK(unknown.code == 1);
  CHECK(contains(unknown.err, "did you mean c_source?"));
}

TEST_CASE("plugins check tells good from bad", "[cli]") {
  const Run mixed = run(".", {"plugins", "check", fixture("good").string(), fixture("extra_export").string()});
  CHECK(mixed.code == 1);
  CHECK(contains(mixed.out, "good.so: good; plugin good 1.0.0, interface 1.2, provides good\n"));
  CHECK(contains(mixed.err, "error: "));
  CHECK(contains(mixed.err, "leaked_helper"));
}

TEST_CASE("schema writes JSON", "[cli]") {
  const TemporaryDirectory directory;
  directory.take("good");
  const Run schema = run(directory.path(), {"schema"});
  CHECK(schema.code == 0);
  simdjson::dom::parser parser;
  const simdjson::dom::element json = parser.parse(schema.out);
  CHECK(json["title"].get_string().value() == "A Sluice graph");
}
