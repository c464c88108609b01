// SPDX-License-Identifier: Apache-2.0
// All rows of a table as the payloads they once were, for whoever checks them.
#include <fstream>

#include "sluice/testing/scan.hpp"
#include "support.hpp"

using namespace sqlite_test;
using namespace sluice;

namespace {

const std::vector<std::string> fields{"e", "s", "t", "a", "T", "p", "f"};

}  // namespace

TEST_CASE("a table gives its rows in the order they were written, while it is written") {
  const Folder folder;
  const Values options = trade_options(folder.file());
  CHECK(scan(sqlite_type(), options, fields).done);
  Harness node(sqlite_type(), options);
  node.begin();
  REQUIRE(node.write({trade(7), trade(5),
                      R"({"e":"aggTrade","s":"ETH\"USDT","a":6,"p":"1.5","q":"1.0","m":true,"T":1723161255342})"}));
  REQUIRE(node.await([&] { return node.owned_batches() == 0; }));
  const Scanned found = scan(sqlite_type(), options, fields);
  CHECK(found.done);
  REQUIRE(found.records.size() == 3);
  CHECK(found.records[0].payload.find(R"("t":7,"a":7)") != std::string::npos);
  CHECK(found.records[1].payload.find(R"("t":5,"a":5)") != std::string::npos);
  CHECK(found.records[2].payload ==
        R"({"T":1723161255342000,"s":"ETH\"USDT","e":"aggTrade","t":6,"a":6,"p":"1.50000000"})");
  CHECK(found.records[0].position < found.records[1].position);
  CHECK(found.records[0].stored_ns == 0);
}

TEST_CASE("reading a table changes nothing, and ends when no more is wanted") {
  const Folder folder;
  const Values options = trade_options(folder.file());
  {
    Harness node(sqlite_type(), options);
    node.begin();
    std::vector<Input> records;
    for (int64_t id = 1; id <= 5000; ++id) records.emplace_back(trade(id));
    REQUIRE(node.write(std::move(records)));
    REQUIRE(node.await([&] { return node.owned_batches() == 0; }));
  }
  const Scanned some = scan(sqlite_type(), options, fields, 1);
  CHECK(some.done);
  CHECK(some.records.size() < 5000);
  CHECK(scan(sqlite_type(), options, fields).records.size() == 5000);
  CHECK(scan(sqlite_type(), options, {"none"}).records.empty());
  // Neither a log nor an index is left beside the file.
  CHECK_FALSE(std::filesystem::exists(folder.file() + "-wal"));
  CHECK_FALSE(std::filesystem::exists(folder.file() + "-shm"));
}

TEST_CASE("a view and a table without row ids have no order") {
  const Folder folder;
  const Values options = trade_options(
      folder.file(), {{"columns", map({{"symbol", column("s", "text")}, {"trade_id", column("t", "bigint")}})},
                      {"conflict", list({"symbol", "trade_id"})}});
  Database person(folder.file());
  person.run("CREATE TABLE trades (symbol TEXT, trade_id INTEGER, PRIMARY KEY (symbol, trade_id)) WITHOUT ROWID");
  person.run("INSERT INTO trades VALUES ('A', 4)");
  const Scanned found = scan(sqlite_type(), options, fields);
  CHECK(found.done);
  REQUIRE(found.records.size() == 1);
  CHECK(found.records[0].payload == R"({"s":"A","t":4})");
  CHECK(found.records[0].position == -1);
}

TEST_CASE("a file that is no database says so") {
  const Folder folder;
  std::ofstream(folder.file()) << std::string(5000, 'x');
  const Scanned found = scan(sqlite_type(), trade_options(folder.file()), fields);
  REQUIRE_FALSE(found.done);
  CHECK(found.done.error().message.find(folder.file()) != std::string::npos);
}
