// SPDX-License-Identifier: Apache-2.0
// Every broken graph of tests/fixtures/invalid says exactly what its .expected holds, and every code has one.
// SLUICE_UPDATE_EXPECTED=1 writes what is said now; look at the difference before you commit it.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "catch.hpp"
#include "planning.hpp"
#include "validate/connect.hpp"

namespace sluice::engine::testing {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
  return text;
}

std::string said_about(const fs::path& path) {
  // Of what is no plugin a graph hears only where it asks for it.
  static const Registry with_broken({VALIDATE_PLUGINS, VALIDATE_PLUGINS "_broken"});
  const bool wants_broken = path.stem() == "plugin-not-loaded";
  Outcome outcome =
      plan_text_of(read_file(path), "", {}, wants_broken ? with_broken : stand_ins(), path.filename().string());
  // What only real servers can say is asked of stand-ins.
  if (path.stem().string().starts_with("server-")) ask_servers(outcome.planned, outcome.diagnostics);
  return replaced(outcome.text(), VALIDATE_PLUGINS, "PLUGINS");
}

std::vector<fs::path> graphs() {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(INVALID_GRAPHS)) {
    if (entry.path().extension() == ".yaml") found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

TEST_CASE("each broken graph says what it is expected to say") {
  const bool update = std::getenv("SLUICE_UPDATE_EXPECTED") != nullptr;
  const std::vector<fs::path> all = graphs();
  REQUIRE(all.size() > 40);
  for (const fs::path& graph : all) {
    fs::path expected = graph;
    expected.replace_extension(".expected");
    const std::string said = said_about(graph);
    if (update) std::ofstream(expected, std::ios::binary) << said;
    INFO(graph.filename().string());
    CHECK(said == read_file(expected));
    CHECK(said.find("[" + graph.stem().string().substr(0, graph.stem().string().find('.')) + "]") != std::string::npos);
  }
}

TEST_CASE("each code has a broken graph") {
  std::set<std::string> stems;
  for (const fs::path& graph : graphs()) stems.insert(graph.stem().string().substr(0, graph.stem().string().find('.')));
  for (const CodeInfo& code : all_codes()) {
    INFO(code.word);
    // A file that cannot be read is no fixture.
    if (code.code == Code::file_unreadable) continue;
    CHECK(stems.contains(std::string(code.word)));
  }
}

TEST_CASE("a file that cannot be read has its code") {
  const Parsed<SourceText> source = read_source_file(INVALID_GRAPHS "/not_there.yaml");
  REQUIRE_FALSE(source);
  CHECK(source.problem().code == Code::file_unreadable);
}

}  // namespace
}  // namespace sluice::engine::testing
