// SPDX-License-Identifier: Apache-2.0
#include "graph/http_address.hpp"

#include <string>
#include <vector>

#include "catch.hpp"

using namespace sluice::engine;

TEST_CASE("an address is a host and a port, and reads back as it was") {
  const std::vector<std::pair<std::string, HttpAddress>> table{{"127.0.0.1:8081", {"127.0.0.1", 8081}},
                                                               {"localhost:0", {"localhost", 0}},
                                                               {"0.0.0.0:65535", {"0.0.0.0", 65535}},
                                                               {"[::1]:8081", {"::1", 8081}},
                                                               {"[::]:80", {"::", 80}},
                                                               {"[fe80::1%eth0]:80", {"fe80::1%eth0", 80}},
                                                               {"a-b.example:9", {"a-b.example", 9}}};
  for (const auto& [text, address] : table) {
    INFO(text);
    const auto parsed = parse_http_address(text);
    REQUIRE(parsed);
    CHECK(*parsed == address);
    CHECK(parsed->text() == text);
  }
}

TEST_CASE("what is no address is refused with what is missing") {
  const std::vector<std::pair<std::string, std::string>> table{
      {"", "has no port"},
      {"127.0.0.1", "has no port"},
      {"8081", "has no port"},
      {":8081", "names no host"},
      {"127.0.0.1:", "no port that is a number"},
      {"127.0.0.1:http", "no port that is a number"},
      {"127.0.0.1:-1", "no port that is a number"},
      {"127.0.0.1:80 ", "no port that is a number"},
      {"127.0.0.1:65536", "ports end at 65535"},
      {"127.0.0.1:99999999999999999999", "ports end at 65535"},
      {"::1:8081", "needs brackets"},
      {"[::1]", "no port behind the closing bracket"},
      {"[::1]8081", "no port behind the closing bracket"},
      {"[::1:8081", "no port behind the closing bracket"},
      {"[]:8081", "names no host"},
      {"[localhost]:8081", "no host that can be looked up"},
      {"a host:8081", "no host that can be looked up"},
      {"a/b:8081", "no host that can be looked up"},
      {"http://127.0.0.1:8081", "is a URL"},
      {std::string(254, 'a') + ":1", "no host that can be looked up"}};
  for (const auto& [text, why] : table) {
    INFO(text);
    const auto parsed = parse_http_address(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.problem().sentence.find(why) != std::string::npos);
  }
}
