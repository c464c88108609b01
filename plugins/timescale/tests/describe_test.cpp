// SPDX-License-Identifier: Apache-2.0
// What the sink promises for given options, and what it says of options that cannot be.
#include "support.hpp"

using namespace timescale_test;

namespace {

const std::string url = "postgresql://me:geheim@127.0.0.1:1/market";

std::string first_problem(Values more) {
  const auto described = describe(timescale_type(), trade_options(url, std::move(more)));
  if (!described) return described.error().message;
  return described->problems.empty() ? "no problem" : described->problems.front();
}

}  // namespace

TEST_CASE("the facts follow from the options") {
  const auto described = describe(timescale_type(), trade_options(url));
  REQUIRE(described);
  CHECK(described->problems.empty());
  CHECK(described->fact(SLUICE_FACT_DURABLE) == 1);
  CHECK(described->fact(SLUICE_FACT_IDEMPOTENT) == 1);
  CHECK(described->reasons.at(SLUICE_FACT_IDEMPOTENT) == "unique index (symbol, event_type, trade_id, event_time)");
  CHECK(described->fact(SLUICE_FACT_MAX_IN_FLIGHT) == 4);
  CHECK(described->fact(SLUICE_FACT_MEMORY_BYTES) > 0);
  Values without = trade_options(url);
  std::erase_if(without, [](const Field& each) { return each.key == "conflict"; });
  CHECK(describe(timescale_type(), without)->fact(SLUICE_FACT_IDEMPOTENT) == 0);
}

TEST_CASE("problems are found before anything is opened") {
  CHECK(first_problem({}) == "no problem");
  CHECK(first_problem({{"url", "mysql://me:geheim@x"}}).find("url is not a connection URL of PostgreSQL") == 0);
  CHECK(first_problem({{"url", "mysql://me:geheim@x"}}).find("geheim") == std::string::npos);
  CHECK(first_problem({{"table", ""}}).find("cannot be a table's name") != std::string::npos);
  CHECK(first_problem({{"table", ".trades"}}).find("cannot be a table's name") != std::string::npos);
  CHECK(first_problem({{"table", std::string(64, 'x')}}).find("cannot be a table's name") != std::string::npos);
  CHECK(first_problem({{"conflict", list({"nope"})}}).find("not among the columns") != std::string::npos);
  CHECK(first_problem({{"columns", map({{"a", column("a", "money")}})}}).find("not a column type") !=
        std::string::npos);
  CHECK(first_problem({{"hypertable", map({{"time", "nope"}})}}).find("hypertable names \"nope\"") == 0);
  CHECK(first_problem({{"hypertable", map({{"time", "price"}})}}).find("must be a timestamptz") != std::string::npos);
  const auto by_day = [&](const char* chunk) {
    return first_problem({{"columns", map({{"day", column("T", "date", {{"unit", "ms"}})}})},
                          {"conflict", list({"day"})},
                          {"indexes", list({list({"day"})})},
                          {"hypertable", map({{"time", "day"}, {"chunk", chunk}})}});
  };
  CHECK(by_day("7d") == "no problem");
  CHECK(by_day("36h") == "hypertable divides by \"day\", which is a date: write a chunk of whole days, such as 7d");
  CHECK(first_problem({{"conflict", list({"symbol", "trade_id"})}}).find("has to hold its time column") !=
        std::string::npos);
  CHECK(first_problem({{"indexes", list({list({"nope"})})}}).find("indexes names \"nope\"") == 0);
  CHECK(first_problem({{"indexes", list({list({"symbol", "symbol"})})}}).find("twice") != std::string::npos);
}
