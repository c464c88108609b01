// SPDX-License-Identifier: Apache-2.0
// What the sink promises for given options, and what it says of options that cannot be.
#include "support.hpp"

using namespace sqlite_test;

namespace {

std::string first_problem(Values more) {
  const auto described = describe(sqlite_type(), trade_options("x.db", std::move(more)));
  if (!described) return described.error().message;
  return described->problems.empty() ? "no problem" : described->problems.front();
}

}  // namespace

TEST_CASE("the facts follow from the options") {
  const auto described = describe(sqlite_type(), trade_options("x.db", {{"synchronous", "full"}}));
  REQUIRE(described);
  CHECK(described->problems.empty());
  CHECK(described->fact(SLUICE_FACT_DURABLE) == 1);
  CHECK(described->fact(SLUICE_FACT_IDEMPOTENT) == 1);
  CHECK(described->reasons.at(SLUICE_FACT_IDEMPOTENT) == "unique index (symbol, event_type, trade_id, event_time)");
  CHECK(described->fact(SLUICE_FACT_MAX_IN_FLIGHT) == 4);
  CHECK(described->fact(SLUICE_FACT_MEMORY_BYTES) > 0);
  const auto normal = describe(sqlite_type(), trade_options("x.db"));
  CHECK(normal->reasons.at(SLUICE_FACT_DURABLE).find("loss of power") != std::string::npos);
}

TEST_CASE("problems are found before anything is opened") {
  CHECK(first_problem({{"path", ":memory:"}}).find("path must name a file") == 0);
  CHECK(first_problem(
            {{"columns", map({{"a", column("a", "text")}, {"A", column("b", "text")}})}, {"conflict", list({"a"})}})
            .find("are the same column, because SQLite ignores the case of names") != std::string::npos);
  CHECK(first_problem({{"table", "sqlite_x"}}).find("cannot be a table's name") != std::string::npos);
  CHECK(first_problem({{"conflict", list({"nope"})}}).find("not among the columns") != std::string::npos);
  CHECK(first_problem({{"columns", map({{"a", column("a", "money")}})}}).find("not a column type") !=
        std::string::npos);
  CHECK(first_problem({}) == "no problem");
}
