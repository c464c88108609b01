// SPDX-License-Identifier: Apache-2.0
// The walker of flat JSON against a general parser: what it accepts is JSON, and means the same there; and nothing is
// read behind the text, which the sanitizers watch.
#include "sluice/flat_json.hpp"

#include <simdjson.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "catch.hpp"

namespace flat_json = sluice::flat_json;
using flat_json::Kind;

namespace {

struct Member {
  std::string key;
  Kind kind;
  std::string value;
  bool operator==(const Member&) const = default;
};

struct Walked {
  bool is_flat;
  std::vector<Member> members;
};

/// From memory of exactly the text's size.
Walked walk(std::string_view text) {
  const std::unique_ptr<char[]> exact(new char[text.size() + 1]);
  // Shifted by one, so that words lie unaligned as well.
  char* const at = exact.get() + 1;
  std::memcpy(at, text.data(), text.size());
  Walked walked{};
  walked.is_flat = flat_json::walk({at, text.size()}, [&](std::string_view key, Kind kind, std::string_view value) {
    walked.members.push_back({std::string(key), kind, std::string(value)});
  });
  return walked;
}

std::vector<Member> by_simdjson(const std::string& text) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  REQUIRE(parser.parse(text).get(object) == simdjson::SUCCESS);
  std::vector<Member> members;
  for (const auto field : object) {
    Member member{std::string(field.key), Kind::text, {}};
    switch (field.value.type()) {
      case simdjson::dom::element_type::STRING:
        member.value = std::string(std::string_view(field.value));
        break;
      case simdjson::dom::element_type::BOOL:
        member.kind = Kind::boolean;
        member.value = bool(field.value) ? "true" : "false";
        break;
      case simdjson::dom::element_type::NULL_VALUE:
        member.kind = Kind::null;
        member.value = "null";
        break;
      default:
        member.kind = Kind::number;
        break;
    }
    members.push_back(std::move(member));
  }
  return members;
}

}  // namespace

TEST_CASE("market data is flat") {
  const Walked walked = walk(
      R"({"e":"trade","E":1723161255343,"s":"BTCUSDT","p":"61837.63000000","x":-1.5,"m":true,"M":false,"n":null})");
  CHECK(walked.is_flat);
  CHECK(walked.members == std::vector<Member>{{"e", Kind::text, "trade"},
                                              {"E", Kind::number, "1723161255343"},
                                              {"s", Kind::text, "BTCUSDT"},
                                              {"p", Kind::text, "61837.63000000"},
                                              {"x", Kind::number, "-1.5"},
                                              {"m", Kind::boolean, "true"},
                                              {"M", Kind::boolean, "false"},
                                              {"n", Kind::null, "null"}});
  CHECK(walk("{}").is_flat);
}

TEST_CASE("what is not of the simple form is left to others") {
  for (const char* text : {"",
                           "{",
                           "}",
                           "[]",
                           "{ }",
                           R"({"a":1 })",
                           R"({"a" :1})",
                           R"({"a":01})",
                           R"({"a":-})",
                           R"({"a":1.})",
                           R"({"a":1e5})",
                           R"({"a":"\n"})",
                           R"({"a":"x})",
                           R"({"a":"})",
                           R"({"a:1})",
                           R"({"a":{}})",
                           R"({"a":[]})",
                           R"({"a":tru})",
                           R"({"a":truex})",
                           R"({"a":1,})",
                           R"({,"a":1})",
                           R"({"a":1}{"b":2})",
                           R"({"a":1}})",
                           R"({"a":nul})",
                           R"({"a"})",
                           R"({"})",
                           R"({"a":})",
                           "{\"a\":\"\xc3\xa4\"}",
                           "{\"a\":\"\x01\"}",
                           R"({"\\":1})"}) {
    INFO(text);
    CHECK(!walk(text).is_flat);
  }
}

TEST_CASE("what is accepted means the same to a general parser, however it was damaged") {
  const std::string whole =
      R"({"e":"aggTrade","E":1723161255343,"s":"BTCUSDT","long_key":"a text of some length","t":3735683259,"p":"61837.63000000","x":0.25,"T":-17,"m":true,"n":null,"":""})";
  std::mt19937 random(20261125);
  const std::string bytes = "\"\\{}[]:,0123456789-.eE truefalsn\x01\xc3\xa4";
  int accepted = 0;
  for (int round = 0; round < 100'000; ++round) {
    std::string text = whole;
    for (size_t i = random() % 4; i > 0; --i) {
      const size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = bytes[random() % bytes.size()];
          break;
        case 1:
          text.erase(at, 1 + random() % 3);
          break;
        default:
          text.insert(at, 1, bytes[random() % bytes.size()]);
      }
      if (text.empty()) text = "{}";
    }
    const Walked walked = walk(text);
    if (!walked.is_flat) continue;
    ++accepted;
    INFO(text);
    std::vector<Member> same = by_simdjson(text);
    REQUIRE(same.size() == walked.members.size());
    for (size_t i = 0; i < same.size(); ++i) {
      if (same[i].kind == Kind::number) same[i].value = walked.members[i].value;
    }
    CHECK(same == walked.members);
  }
  CHECK(accepted > 20'000);
}

TEST_CASE("whole numbers are read as they stand, or left to others") {
  const auto read = [](std::string_view text) {
    int64_t number = -1;
    return flat_json::read_integer(text, number) ? number : -1;
  };
  CHECK(read("0") == 0);
  CHECK(read("12345678") == 12345678);
  CHECK(read("1723161255343") == 1723161255343);
  CHECK(read("999999999999999999") == 999999999999999999);
  for (const char* text : {"", "1000000000000000000", "-1", "1.5", "1723161255343x", "x723161255343", "12a45678"}) {
    INFO(text);
    CHECK(read(text) == -1);
  }
  std::mt19937_64 random(7);
  for (int round = 0; round < 10'000; ++round) {
    const auto number = static_cast<int64_t>(random() % 1'000'000'000'000'000'000 >> random() % 50);
    CHECK(read(std::to_string(number)) == number);
  }
}
