// SPDX-License-Identifier: Apache-2.0
// What a table stored last, for a source that wants to know where it stopped.
#include "support.hpp"

using namespace sqlite_test;
using namespace sluice;

namespace {

constexpr sluice_str keys[] = {to_str("s"), to_str("e")};
constexpr sluice_str orders[] = {to_str("t"), to_str("a"), to_str("u")};

struct Read {
  Result<void> done;
  std::vector<std::string> payloads;
};

Read read(Harness& node) {
  std::vector<std::string> payloads;
  Result<void> done = node.tail({.records = 1'000, .bytes = 1 << 20, .key_fields = keys, .order_fields = orders},
                                [&](const Harness::Tail& tail) {
                                  for (const RecordCopy& record : tail.records) payloads.push_back(record.payload);
                                  return TailWants::more;
                                });
  return {std::move(done), std::move(payloads)};
}

}  // namespace

TEST_CASE("a table gives the greatest number of each key, while it is written") {
  const Folder folder;
  Harness node(sqlite_type(), trade_options(folder.file()));
  node.begin();
  CHECK(read(node).done);
  CHECK(read(node).payloads.empty());
  std::vector<Input> records;
  for (int64_t id = 1; id < 40; ++id) records.emplace_back(trade(id));
  records.emplace_back(R"({"e":"aggTrade","s":"BTCUSDT","a":5,"p":"1.0","q":"1.0","m":true,"T":1723161255342})");
  records.emplace_back(R"({"e":"trade","s":"ETHUSDT","t":7,"p":"1.0","q":"1.0","m":true,"T":1723161255342})");
  REQUIRE(node.write(std::move(records)));
  REQUIRE(node.await([&] { return node.owned_batches() == 0; }));
  const Read found = read(node);
  CHECK(found.done);
  CHECK(found.payloads == std::vector<std::string>{R"({"s":"BTCUSDT","e":"aggTrade","t":5,"a":5})",
                                                   R"({"s":"BTCUSDT","e":"trade","t":39,"a":39})",
                                                   R"({"s":"ETHUSDT","e":"trade","t":7,"a":7})"});
}

TEST_CASE("a table of quotes gives its newest update") {
  const Folder folder;
  Harness node(sqlite_type(), quote_options(folder.file()));
  node.begin();
  REQUIRE(node.write({quote(3), quote(9), quote(4)}));
  REQUIRE(node.await([&] { return node.owned_batches() == 0; }));
  CHECK(read(node).payloads == std::vector<std::string>{R"({"s":"BTCUSDT","u":9})"});
}

TEST_CASE("a table that only a whole scan could answer for says what it would take") {
  const Folder folder;
  Harness node(sqlite_type(), trade_options(folder.file(), {{"conflict", list({"trade_id", "symbol", "event_type"})}}));
  node.begin();
  const Read found = read(node);
  REQUIRE_FALSE(found.done);
  CHECK(found.done.error().message.find("cannot find the newest rows of table trades: `conflict` must begin with") ==
        0);
}
