// SPDX-License-Identifier: Apache-2.0
#include "sluice/testing/contract.hpp"

#include "source_kit.hpp"

using namespace sluice::binance::test;

TEST_CASE("binance_ws keeps the contract while the exchange sends as fast as it can") {
  Exchange exchange([](int, Client& client) {
    client.upgrade();
    for (int64_t id = 0; client.send(trades(id, id + 20)); id += 20) {
    }
  });
  sluice::testing::check_contract(binance_ws(), options_for(exchange.url()));
}

TEST_CASE("binance_ws keeps the contract while there is no exchange") {
  sluice::testing::check_contract(binance_ws(), options_for("ws://127.0.0.1:1"));
}
