// SPDX-License-Identifier: Apache-2.0
// All rows of a table as the payloads they once were, for whoever checks them.
#include <algorithm>

#include "sluice/testing/scan.hpp"
#include "support.hpp"

using namespace timescale_test;
using namespace sluice;

namespace {

const std::vector<std::string> fields{"e", "s", "t", "a", "T", "p", "f"};

/// On both kinds of server.
void on_each(const std::function<void(const std::string& url)>& test) {
  for (const char* variable : {"TIMESCALE_URL", "POSTGRES_URL"}) {
    const std::string url = server(variable);
    if (!url.empty()) test(url);
  }
}

}  // namespace

TEST_CASE("a table gives all of its rows, over many chunks and more than one fetch") {
  on_each([](const std::string& url) {
    Space space(url);
    const Values options = trade_options(space.url());
    space.person().run("DROP TABLE IF EXISTS trades");
    // Before the first run there is no table yet.
    CHECK(scan(timescale_type(), options, fields).done);
    Harness node(timescale_type(), options);
    node.begin();
    std::vector<Input> records = trades(1, 12'001);
    for (int day = 0; day < 5; ++day) {
      records.emplace_back(R"({"e":"aggTrade","s":"ETH\"USDT","a":)" + std::to_string(500 + day) +
                           R"(,"p":"1.5","q":"1.0","m":true,"T":)" +
                           std::to_string(1723161255342 - int64_t{86'400'000} * day) + "}");
    }
    must(node.write(std::move(records)));
    REQUIRE(all_settled(node));
    const Scanned found = scan(timescale_type(), options, fields);
    CHECK(found.done);
    std::vector<std::string> payloads = found.payloads();
    CHECK(payloads.size() == 12'005);
    const std::string one = R"({"T":1723161255342000,"s":"ETH\"USDT","e":"aggTrade","t":500,"a":500,"p":"1.50000000"})";
    CHECK(std::count(payloads.begin(), payloads.end(), one) == 1);
    std::sort(payloads.begin(), payloads.end());
    CHECK(std::adjacent_find(payloads.begin(), payloads.end()) == payloads.end());
    CHECK(found.records.front().position == -1);
    const Scanned some = scan(timescale_type(), options, fields, 1);
    CHECK(some.done);
    CHECK(some.records.size() < 12'005);
  });
}

TEST_CASE("a table that lacks a column, and a database that does not answer, are errors") {
  const std::string url = server();
  if (!url.empty()) {
    Space space(url);
    space.person().run("DROP TABLE IF EXISTS trades; CREATE TABLE trades (symbol text)");
    const Scanned found = scan(timescale_type(), trade_options(space.url()), fields);
    REQUIRE_FALSE(found.done);
    CHECK(found.done.error().message.find("cannot read table trades") == 0);
  }
  const Scanned found =
      scan(timescale_type(), trade_options("postgresql://postgres:secret@127.0.0.1:1/nothing"), fields);
  REQUIRE_FALSE(found.done);
  CHECK(found.done.error().category == Category::transient);
  CHECK(found.done.error().message.find("127.0.0.1:1") != std::string::npos);
  CHECK(found.done.error().message.find("secret") == std::string::npos);
}
