// SPDX-License-Identifier: Apache-2.0
// What the relay says of its options.
#include "catch.hpp"
#include "sluice/testing/harness.hpp"

using namespace sluice::testing;

namespace {

Described input_half(Values options) {
  options.push_back({"topic", "binance.trades"});
  auto described = describe(find_type(sluice_plugin_v1(), "kafka"), options, SLUICE_ROLE_RELAY_INPUT);
  if (!described) throw std::runtime_error(described.error().message);
  return *described;
}

}  // namespace

TEST_CASE("a plain topic has nothing wrong with it") { CHECK(input_half({}).problems.empty()); }
