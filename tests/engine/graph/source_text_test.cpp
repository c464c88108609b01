// SPDX-License-Identifier: Apache-2.0
#include "graph/source_text.hpp"

#include <filesystem>
#include <string>
#include <vector>

#include "catch.hpp"
#include "graph/utf8.hpp"

using namespace sluice::engine;

TEST_CASE("lines and places") {
  const SourceText source("g.yaml",
                          "\xEF\xBB\xBF"
                          "a: \xC3\xA9 b\r\nc\n\nlast");
  CHECK(source.line(1) == "a: \xC3\xA9 b");
  CHECK(source.line(2) == "c");
  CHECK(source.line(3).empty());
  CHECK(source.line(4) == "last");
  CHECK(source.line(5).empty());
  CHECK(source.line(0).empty());
  CHECK(source.place(0, 6) == Place{1, 6});  // the b, behind two bytes that are one character
  CHECK(source.place_of_offset(source.text().find("last") + 2) == Place{4, 3});
  CHECK(source.place_of_offset(0) == Place{1, 1});
  CHECK(source.place_of_offset(source.text().size()) == Place{4, 5});
}

TEST_CASE("files that cannot be read say why") {
  const auto absent = read_source_file("/nonexistent/graph.yaml");
  REQUIRE_FALSE(absent);
  CHECK(absent.problem().code == Code::file_unreadable);
  CHECK(absent.problem().sentence == "cannot read \"/nonexistent/graph.yaml\": No such file or directory");
  const auto directory = read_source_file(std::filesystem::temp_directory_path().string());
  REQUIRE_FALSE(directory);
  CHECK(directory.problem().sentence.find("is a directory") != std::string::npos);
}

TEST_CASE("only well-formed UTF-8 without control characters passes") {
  for (const std::string text :
       {"", "plain\ttext\r\n", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xED\x9F\xBF"}) {
    INFO(text);
    CHECK_FALSE(find_utf8_problem(text));
  }
  const std::vector<std::pair<std::string, std::size_t>> bad{{"ab\xFF", 2},
                                                             {"\x80", 0},
                                                             {"\xC0\xAF", 0},
                                                             {"\xE0\x80\x80", 0},
                                                             {"\xED\xA0\x80", 0},
                                                             {"\xF4\x90\x80\x80", 0},
                                                             {"x\xE2\x82", 1},
                                                             {"\xF5", 0},
                                                             {"a\x01", 1},
                                                             {std::string("a\0b", 3), 1},
                                                             {"\xFF\xFE"
                                                              "a",
                                                              0},
                                                             {"\x7F", 0}};
  for (const auto& [text, offset] : bad) {
    INFO(text);
    const auto problem = find_utf8_problem(text);
    REQUIRE(problem);
    CHECK(problem->offset == offset);
  }
}
