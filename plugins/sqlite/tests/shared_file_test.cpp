// SPDX-License-Identifier: Apache-2.0
// Several writers of one file: sinks of this process share it, other programs are waited for, and one sink's trouble
// is not another's.
#include "support.hpp"

using namespace sqlite_test;

namespace {

bool blocked(const Harness& node) {
  const auto statuses = node.statuses();
  return !statuses.empty() && statuses.back().status == SLUICE_STATUS_BLOCKED;
}
bool ready(const Harness& node) {
  const auto statuses = node.statuses();
  return !statuses.empty() && statuses.back().status == SLUICE_STATUS_READY;
}

}  // namespace

TEST_CASE("two sinks write two tables of one file") {
  const Folder folder;
  Harness first(sqlite_type(), trade_options(folder.file()));
  Harness second(sqlite_type(),
                 quote_options(folder.file(
                     "../" + std::filesystem::path(folder.file()).parent_path().filename().string() + "/store.db")));
  first.begin();
  second.begin();
  for (int64_t i = 0; i < 50; ++i) {
    must(first.write(trades(i * 20, i * 20 + 20)));
    std::vector<Input> quotes;
    for (int64_t id = i * 30; id < i * 30 + 30; ++id) quotes.emplace_back(quote(id));
    must(second.write(std::move(quotes)));
  }
  REQUIRE(all_settled(first));
  REQUIRE(all_settled(second));
  Database look(folder.file());
  CHECK(look.count("trades") == 1000);
  CHECK(look.count("book_ticker") == 1500);
  first.finish();
  must(second.write({quote(9999)}));
  REQUIRE(all_settled(second));
  CHECK(look.count("book_ticker") == 1501);
}

TEST_CASE("another program's lock is waited for") {
  const Folder folder;
  Harness node(sqlite_type(), trade_options(folder.file(), {{"busy_timeout", "20ms"}}));
  node.begin();
  Database other(folder.file());
  other.run("BEGIN IMMEDIATE");
  must(node.write(trades(0, 10)));
  REQUIRE(node.await([&] { return blocked(node); }));
  CHECK(node.statuses().back().sentence.find("end the other program's transaction") != std::string::npos);
  CHECK(node.settlements().empty());
  other.run("COMMIT");
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_DELIVERED) == 10);
  CHECK(ready(node));
  CHECK(other.count("trades") == 10);
}

TEST_CASE("one sink's broken table does not hold up the other") {
  const Folder folder;
  Harness broken(sqlite_type(), trade_options(folder.file(), {{"create", false}}));
  Database person(folder.file());
  {
    Harness maker(sqlite_type(), trade_options(folder.file()));
    must(maker.open());
    maker.close();
  }
  Harness good(sqlite_type(), quote_options(folder.file()));
  broken.begin();
  good.begin();
  person.run("ALTER TABLE trades RENAME TO elsewhere");
  must(broken.write(trades(0, 10)));
  must(good.write({quote(1)}));
  REQUIRE(all_settled(good));
  REQUIRE(broken.await([&] { return blocked(broken); }));
  CHECK(good.settled(SLUICE_DELIVERED) == 1);
  CHECK(broken.settlements().empty());
  must(good.write({quote(2)}));
  REQUIRE(all_settled(good));
  person.run("ALTER TABLE elsewhere RENAME TO trades");
  REQUIRE(all_settled(broken));
  CHECK(broken.settled(SLUICE_DELIVERED) == 10);
  CHECK(person.count("trades") == 10);
  CHECK(person.count("book_ticker") == 2);
}

TEST_CASE("what cannot be stored at the end is given up by name, not in silence") {
  const Folder folder;
  Harness node(sqlite_type(), trade_options(folder.file(), {{"busy_timeout", "10s"}}));
  node.begin();
  Database other(folder.file());
  other.run("BEGIN IMMEDIATE");
  must(node.write(trades(0, 10)));
  node.close();
  CHECK(node.settled(SLUICE_FAILED) == 10);
  CHECK(node.dropped_at_close() == 0);
  const Settlement last = node.settlements().back();
  CHECK(last.category == sluice::Category::transient);
  CHECK(last.reason.find("not stored before the end") == 0);
}
