// SPDX-License-Identifier: Apache-2.0
// Damaged payloads: whatever is done to a trade, it is either refused with a reason or stored as a reference reader
// would have it; nothing crashes and nothing is read past the 64 bytes (the sanitizers watch that).
#include <simdjson.h>

#include <random>

#include "catch.hpp"
#include "mapping_fixture.hpp"

using namespace sluice::columns;
using columns_test::Table;

namespace {

const std::vector<std::string> pieces = {"\"e\":\"trade\"",
                                         "\"s\":\"BTCUSDT\"",
                                         "\"t\":3735683259",
                                         "\"p\":\"61837.63000000\"",
                                         "\"p\":\"x\"",
                                         "\"m\":true",
                                         "\"m\":null",
                                         "\"T\":1723161255342",
                                         "\"T\":\"\"",
                                         "\"t\":-1",
                                         "\"a\":{}",
                                         "\"a\":[{\"t\":1}]",
                                         "\"o\":{\"p\":{\"i\":1}}",
                                         "\"o\":[]",
                                         "\"o\":{\"p\":3}",
                                         "\"s\":\"\\u0000\"",
                                         "\"s\":\"\\",
                                         "\"p\":1e400",
                                         "\"p\":-0.0",
                                         "\"\":1"};

Table table() {
  return Table({{"event_time", "timestamptz", {"T"}, "ms"},
                {"symbol", "text", {"s"}},
                {"trade_id", "bigint", {"t", "a"}},
                {"price", "numeric(20,8)", {"p"}, "", true},
                {"maker", "boolean", {"m"}, "", true},
                {"deep", "integer", {"o.p.i"}, "", true},
                {"all", "jsonb", {"o"}, "", true}});
}

}  // namespace

TEST_CASE("payloads put together at random are stored or refused by name") {
  std::mt19937 random(11);
  Table target = table();
  simdjson::dom::parser reference;
  int stored = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string json = random() % 2 == 0 ? "{" : R"({"T":1723161255342,"t":1,"s":"ETHUSDT",)";
    for (size_t i = 1 + random() % 8; i > 0; --i) json += pieces[random() % pieces.size()] + (i > 1 ? "," : "");
    json += "}";
    INFO(json);
    const auto row = target.read(json);
    if (!row) {
      CHECK(row.error().category == sluice::Category::permanent);
      CHECK(!row.error().message.empty());
      CHECK(!row.error().code.empty());
      continue;
    }
    ++stored;
    simdjson::dom::element root;
    REQUIRE(reference.parse(json).get(root) == simdjson::SUCCESS);
    CHECK(std::string_view(root["s"]) == (*row)[1].text);
    CHECK(int64_t(root["t"]) == (*row)[2].integer);
    CHECK(int64_t(root["T"]) * 1000 == (*row)[0].integer);
  }
  CHECK(stored > 100);
}

TEST_CASE("flipped and cut bytes never crash") {
  std::mt19937 random(12);
  Table target = table();
  const std::string whole =
      R"({"e":"trade","s":"BTC\u00dfUSDT","t":3735683259,"p":"61837.63000000","T":1723161255342,"m":true,"o":{"p":{"i":1},"x":[1,2,{}]}})";
  REQUIRE(target.error(whole) == "stored");
  int refused = 0;
  for (int round = 0; round < 50'000; ++round) {
    std::string json = whole.substr(0, random() % 8 == 0 ? random() % (whole.size() + 1) : whole.size());
    for (size_t flips = random() % 4; flips > 0 && !json.empty(); --flips) {
      json[random() % json.size()] =
          static_cast<char>(random() % 2 == 0 ? random() % 256 : "{}[]\",:\\0-etn "[random() % 15]);
    }
    const auto row = target.read(json);
    if (row) continue;
    ++refused;
    REQUIRE(row.error().category == sluice::Category::permanent);
    REQUIRE(simdjson::validate_utf8(row.error().message));
  }
  CHECK(refused > 10'000);
}
