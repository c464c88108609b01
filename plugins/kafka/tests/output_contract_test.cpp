// SPDX-License-Identifier: Apache-2.0
// The SDK's contract suite on the output half, with records to read.
#include "output_support.hpp"
#include "sluice/testing/contract.hpp"

using namespace sluice::testing;
using namespace sluice::kafka::testing;

namespace {

void check(TestCluster& cluster) {
  const std::string topic = TestCluster::fresh("contract");
  cluster.make_topic(topic, 2);
  for (int partition = 0; partition < 2; ++partition) cluster.write_numbers(topic, partition, 500);
  ContractSetup setup;
  setup.setup.role = SLUICE_ROLE_RELAY_OUTPUT;
  check_contract(
      find_type(sluice_plugin_v1(), "kafka"),
      {{"brokers", cluster.option()}, {"topic", topic}, {"key", "symbol"}, {"group", TestCluster::fresh("g")}}, {},
      setup);
}

}  // namespace

TEST_CASE("the output half keeps the contract on the embedded log") { check(*TestCluster::embedded()); }

TEST_CASE("the output half keeps the contract on a real broker") {
  if (auto cluster = TestCluster::real()) check(*cluster);
}
