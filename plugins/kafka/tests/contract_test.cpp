// SPDX-License-Identifier: Apache-2.0
// The SDK's contract suite on the input half.
#include "sluice/testing/contract.hpp"

#include "support.hpp"

using namespace kafka_test;

TEST_CASE("the input half keeps the contract on the embedded log") {
  const auto log = *sluice::kafka::Embedded::get();
  ContractSetup setup;
  setup.setup = as_input();
  check_contract(kafka_type(), {{"brokers", "embedded"}, {"topic", "contract"}, {"key", "symbol"}, {"linger", "0ms"}},
                 {Input("{}", {{"symbol", "BTCUSDT"}, {"stream", "btcusdt@trade"}}), Input("[]"), Input("")}, setup);
}

TEST_CASE("the input half keeps the contract on a cluster") {
  Cluster cluster;
  cluster.create("contract", 3);
  ContractSetup setup;
  setup.setup = as_input();
  check_contract(kafka_type(),
                 {{"brokers", cluster.brokers()},
                  {"topic", "contract"},
                  {"key", "symbol"},
                  {"create", false},
                  {"linger", "0ms"},
                  {"partitions", map({{"BTCUSDT", 2}})}},
                 {Input("{}", {{"symbol", "BTCUSDT"}, {"stream", "btcusdt@trade"}}), Input("[]"), Input("")}, setup);
}
