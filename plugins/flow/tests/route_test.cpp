// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <random>

#include "route_table.hpp"
#include "support.hpp"

using namespace sluice;
using namespace sluice::flow;
using namespace sluice::testing;

namespace {

Values route_to(const char* otherwise) {
  return {{"by", "kind"},
          {"ports", map({{"trades", list({"trade", "aggTrade"})}, {"quotes", "bookTicker"}})},
          {"otherwise", otherwise}};
}
Input of_kind(const std::string& kind, const std::string& payload) {
  return kind.empty() ? Input(payload) : Input(payload, {{"kind", kind}});
}

}  // namespace

TEST_CASE("route sends each record where its value is listed, in order, and loses none") {
  const std::map<std::string, std::string> port_of{
      {"trade", "trades"}, {"aggTrade", "trades"}, {"bookTicker", "quotes"}};
  const std::vector<std::string> kinds{"trade", "aggTrade", "bookTicker", "kline", "", "trad", "bookTicker2"};
  std::mt19937_64 random(2);
  for (const char* otherwise : {"discard", "fail", "quotes"}) {
    Harness node(type_of("route"), route_to(otherwise));
    node.begin();
    std::map<std::string, std::vector<std::string>> expected;
    int number = 0;
    for (int round = 0; round < 50; ++round) {
      std::vector<Input> inputs;
      const uint64_t kinds_used = 1 + random() % kinds.size();
      for (uint64_t i = 1 + random() % 30; i > 0; --i) {
        const std::string& kind = kinds[random() % kinds_used];
        const std::string payload = "{\"n\":" + std::to_string(number++) + "}";
        inputs.push_back(of_kind(kind, payload));
        const auto found = port_of.find(kind);
        expected[found == port_of.end() ? otherwise : found->second].push_back(payload);
      }
      REQUIRE(node.write(inputs));
    }
    CHECK(node.payloads("trades") == expected["trades"]);
    CHECK(node.payloads("quotes") == expected["quotes"]);
    std::vector<std::string> settled;
    for (const Settlement& each : node.settlements()) {
      settled.push_back(each.record.payload);
      CHECK(each.verdict == (std::string_view(otherwise) == "discard" ? SLUICE_DISCARDED : SLUICE_FAILED));
      if (each.verdict == SLUICE_DISCARDED) continue;
      CHECK(each.category == Category::permanent);
      const std::string kind(each.record.text("kind"));
      CHECK(each.reason.find(kind.empty() ? "no attribute kind" : "\"" + kind + "\"") != std::string::npos);
    }
    CHECK(settled == expected[otherwise == std::string_view("quotes") ? "" : otherwise]);
  }
}

TEST_CASE("route passes a batch of one kind whole") {
  Harness node(type_of("route"), route_to("fail"));
  node.begin();
  REQUIRE(node.write({of_kind("trade", "{}"), of_kind("aggTrade", "{}"), of_kind("trade", "{}")}));
  REQUIRE(node.emitted().size() == 1);
  CHECK(node.emitted()[0].size() == 3);
}

TEST_CASE("route compares numbers by their digits") {
  Harness node(type_of("route"), {{"by", "n"}, {"ports", map({{"one", "1"}, {"big", list({"-5", "70"})}})}});
  node.begin();
  REQUIRE(node.write({{"a", {{"n", 70}}}, {"b", {{"n", 1}}}, {"c", {{"n", -5}}}}));
  CHECK(node.payloads("one") == std::vector<std::string>{"b"});
  CHECK(node.payloads("big") == std::vector<std::string>{"a", "c"});
}

TEST_CASE("route refuses options that contradict each other") {
  const auto problems = [](Values ports, const char* otherwise) {
    return describe(type_of("route"),
                    Values{{"by", "kind"}, {"ports", map(std::move(ports))}, {"otherwise", otherwise}})
        ->problems;
  };
  CHECK(problems({{"a", "x"}, {"b", "y"}}, "a").empty());
  const auto twice = problems({{"a", "x"}, {"b", list({"y", "x"})}}, "fail");
  REQUIRE(twice.size() == 1);
  CHECK(twice[0].find("\"x\" is listed for port a already") != std::string::npos);
  const auto unknown = problems({{"a", "x"}}, "aa");
  REQUIRE(unknown.size() == 1);
  CHECK(unknown[0].find("\"aa\", which is not a port") != std::string::npos);
  CHECK(problems({{"discard", "x"}}, "fail").size() == 1);
}

TEST_CASE("a route table answers like a map, few values or many") {
  std::mt19937_64 random(3);
  for (uint8_t values : {1, 5, 12, 13, 100}) {
    RouteTable table(250);
    for (uint8_t i = 0; i < values; ++i) table.add("value" + std::to_string(i), i);
    for (int round = 0; round < 200; ++round) {
      table.begin_batch();
      // The same addresses with other bytes each round.
      std::string texts[4];
      for (int i = 0; i < 20; ++i) {
        const uint64_t number = random() % 120;
        texts[i % 4] = "value" + std::to_string(number);
        CHECK(table.find(texts[i % 4]) == (number < values ? number : 250));
      }
      for (const std::string& text : texts) CHECK(table.lane_of(text) == table.find(text));
      for (const std::string& text : texts) CHECK(table.lane_of(text) == table.find(text));
    }
  }
}
