// SPDX-License-Identifier: Apache-2.0
// The SDK's contract suite on the timescale sink.
#include "sluice/testing/contract.hpp"

#include "support.hpp"

using namespace timescale_test;

TEST_CASE("timescale keeps the contract") {
  const std::string url = server();
  if (url.empty()) return;
  Space space(url);
  ContractSetup setup;
  setup.before_each = [&] { space.person().run("DROP TABLE IF EXISTS trades"); };
  check_contract(timescale_type(), trade_options(space.url()), {trade(1), trade(2), trade(3)}, setup);
}
