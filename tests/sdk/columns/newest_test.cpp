// SPDX-License-Identifier: Apache-2.0
// Which columns of a table tell where a source stopped, and the payloads that are made of its rows.
#include "sluice/columns/newest.hpp"

#include "catch.hpp"
#include "mapping_fixture.hpp"

using namespace sluice;
using namespace sluice::columns;
using columns_test::Options;
using columns_test::Spec;

namespace {

constexpr sluice_str keys[] = {to_str("s"), to_str("e")};
constexpr sluice_str orders[] = {to_str("t"), to_str("a"), to_str("u")};

Result<Newest> find(const std::vector<Spec>& specs, const std::vector<size_t>& conflict) {
  const Options options(specs);
  sluice_tail_query query{};
  query.key_fields = keys;
  query.key_field_count = 2;
  query.order_fields = orders;
  query.order_field_count = 3;
  return Newest::find(*Mapping::from(options.columns()), conflict, query);
}

const std::vector<Spec> trades{{"time", "timestamptz", {"T"}, "ms"},
                               {"symbol", "text", {"s"}},
                               {"kind", "text", {"e"}},
                               {"id", "bigint", {"t", "a"}}};

}  // namespace

TEST_CASE("a conflict target that begins with the keys and the number serves") {
  const auto found = find(trades, {1, 2, 3, 0});
  REQUIRE(found);
  CHECK(found->keys() == std::vector<size_t>{1, 2});
  CHECK(found->order() == 3);
  const std::vector<std::string> texts{"BTC\"USDT", "trade"};
  CHECK(found->payload(texts, "12") == R"({"s":"BTC\"USDT","e":"trade","t":12,"a":12})");
}

TEST_CASE("a key that the table does not have is not needed") {
  const auto found = find({{"symbol", "text", {"s"}}, {"id", "bigint", {"u"}}}, {0, 1});
  REQUIRE(found);
  const std::vector<std::string> texts{"BTCUSDT"};
  CHECK(found->payload(texts, "7") == R"({"s":"BTCUSDT","u":7})");
}

TEST_CASE("what the unique index cannot find is an error that says what it would take") {
  for (const std::vector<size_t>& conflict :
       std::vector<std::vector<size_t>>{{}, {0, 1, 2, 3}, {3, 1, 2}, {1, 3}, {1, 2}}) {
    const auto found = find(trades, conflict);
    REQUIRE_FALSE(found);
    CHECK(found.error().message ==
          "`conflict` must begin with the columns of s, e and then the whole number of t or a or u");
  }
  CHECK_FALSE(find({{"symbol", "text", {"s"}}, {"id", "text", {"t"}}}, {0, 1}));
}
