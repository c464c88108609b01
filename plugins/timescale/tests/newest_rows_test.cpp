// SPDX-License-Identifier: Apache-2.0
// What a table stored last, for a source that wants to know where it stopped.
#include <algorithm>

#include "support.hpp"

using namespace timescale_test;
using namespace sluice;

namespace {

constexpr sluice_str keys[] = {to_str("s"), to_str("e")};
constexpr sluice_str orders[] = {to_str("t"), to_str("a"), to_str("u")};
constexpr TailQuery query{.records = 1'000, .bytes = 1 << 20, .key_fields = keys, .order_fields = orders};

struct Read {
  Result<void> done;
  std::vector<std::string> payloads;
};

Read read(Harness& node, std::chrono::nanoseconds within = std::chrono::minutes(1)) {
  std::vector<std::string> payloads;
  Result<void> done = node.tail(
      query,
      [&](const Harness::Tail& tail) {
        for (const RecordCopy& record : tail.records) payloads.push_back(record.payload);
        return TailWants::more;
      },
      within);
  std::sort(payloads.begin(), payloads.end());
  return {std::move(done), std::move(payloads)};
}

/// On both kinds of server.
void on_each(const std::function<void(const std::string& url)>& test) {
  for (const char* variable : {"TIMESCALE_URL", "POSTGRES_URL"}) {
    const std::string url = server(variable);
    if (!url.empty()) test(url);
  }
}

}  // namespace

TEST_CASE("a table gives the greatest number of each key") {
  on_each([](const std::string& url) {
    Space space(url);
    Harness node(timescale_type(), trade_options(space.url()));
    node.begin();
    CHECK(read(node).payloads.empty());
    std::vector<Input> records = trades(1, 40);
    records.emplace_back(trade(7, "1.0", "ETHUSDT"));
    // Over many chunks.
    for (int day = 0; day < 20; ++day) {
      records.emplace_back(R"({"e":"aggTrade","s":"BTCUSDT","a":)" + std::to_string(500 + day) +
                           R"(,"p":"1.0","q":"1.0","m":true,"T":)" +
                           std::to_string(1723161255342 - int64_t{86'400'000} * day) + "}");
    }
    must(node.write(std::move(records)));
    REQUIRE(all_settled(node));
    const Read found = read(node);
    CHECK(found.done);
    CHECK(found.payloads == std::vector<std::string>{R"({"s":"BTCUSDT","e":"aggTrade","t":519,"a":519})",
                                                     R"({"s":"BTCUSDT","e":"trade","t":39,"a":39})",
                                                     R"({"s":"ETHUSDT","e":"trade","t":7,"a":7})"});
  });
}

TEST_CASE("before the first run there is no table, and so no record") {
  const std::string url = server();
  if (url.empty()) return;
  Space space(url);
  Harness node(timescale_type(), trade_options(space.url()));
  must(node.open());
  space.person().run("DROP TABLE IF EXISTS trades");
  const Read found = read(node);
  CHECK(found.done);
  CHECK(found.payloads.empty());
}

TEST_CASE("a table that only a whole scan could answer for says what it would take") {
  const std::string url = server();
  if (url.empty()) return;
  Space space(url);
  Harness node(timescale_type(),
               trade_options(space.url(), {{"conflict", list({"event_time", "symbol", "event_type", "trade_id"})}}));
  must(node.open());
  const Read found = read(node);
  REQUIRE_FALSE(found.done);
  CHECK(found.done.error().message.find("cannot find the newest rows of table trades: `conflict` must begin with") ==
        0);
}

TEST_CASE("a database that does not answer is an error") {
  Harness node(timescale_type(), trade_options("postgresql://postgres@127.0.0.1:1/nothing"));
  must(node.open());
  const Read found = read(node, std::chrono::milliseconds(200));
  REQUIRE_FALSE(found.done);
  CHECK(found.done.error().category == Category::transient);
  CHECK(found.done.error().message.find("127.0.0.1:1") != std::string::npos);
}
