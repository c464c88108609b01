// SPDX-License-Identifier: Apache-2.0
#include "options/config_text.hpp"

#include "catch.hpp"
#include "sample_table.hpp"

using namespace sluice::engine;

TEST_CASE("an effective configuration shows defaults as such and masks secrets", "[options]") {
  const auto outcome = sluice::engine::test::read(
      "topic: \"a: b\"\npassword: hunter2\ncolumns: { id: { from: [t, a] } }\nreconnect: { max: 5s }\n");
  REQUIRE(outcome.problems().empty());
  CHECK(config_text(outcome.config, 2) ==
        "  topic: \"a: b\"\n"
        "  password: ***\n"
        "  verify: true  # default\n"
        "  within: 2s  # default\n"
        "  limit: 1MiB  # default\n"
        "  records: 500  # default\n"
        "  colour: green  # default\n"
        "  symbols: [BTC, ETH]  # default\n"
        "  columns:\n"
        "    id:\n"
        "      from: [t, a]\n"
        "      as: text  # default\n"
        "  reconnect:\n"
        "    first: 1s  # default\n"
        "    max: 5s\n");
}

TEST_CASE("a password inside of a URL is masked", "[options]") {
  const auto outcome = sluice::engine::test::read("topic: postgresql://me:hunter2@host/db\n");
  CHECK(config_text(outcome.config).find("hunter2") == std::string::npos);
}
