// SPDX-License-Identifier: Apache-2.0
// A node that absorbs, driven by the harness: its records settle with what it made of them, or are given back.
#include "catch.hpp"
#include "sluice/plugin.hpp"
#include "sluice/testing/contract.hpp"
#include "tally.hpp"

namespace {

using sluice::Config;
using sluice::Context;
using sluice::Flush;
using sluice::Result;
using sluice::testing::check_contract;
using sluice::testing::Harness;
using sluice::testing::Setup;
using sluice::testing::Values;

class Counted : public sluice::testing::Tally {
 public:
  using Tally::Tally;
  static void describe(Config options, sluice::Description& description) {
    description.absorbs(options["records"].integer(), 0, 0);
  }
  static Result<std::unique_ptr<Counted>> open(Context context, Config options) {
    return std::make_unique<Counted>(context, static_cast<uint32_t>(options["records"].integer()),
                                     static_cast<uint32_t>(options["outputs"].integer()));
  }
};

constexpr sluice_option options[] = {
    sluice::option::count("records", "How many records become one.").at_least(1).or_else("4"),
    sluice::option::count("outputs", "How many stand for them.").at_least(1).or_else("1"),
};
constexpr sluice_node_type tally = sluice::transform_type<Counted>("tally", "Absorbs.", options);

}  // namespace

TEST_CASE("absorbed records settle when what was made of them has") {
  Harness node(tally, Values{{"outputs", 2}});
  node.begin();
  CHECK(node.write({"1", "2", "3"}));
  CHECK(node.emitted().empty());
  CHECK(node.absorbed_records() == 3);
  CHECK(node.write({"4", "5"}));
  CHECK(node.payloads() == std::vector<std::string>{"1 4 2 0", "1 4 2 1"});
  CHECK(node.absorbed_records() == 1);
  CHECK(node.flush(Flush::end));
  CHECK(node.absorbed_records() == 0);
  CHECK(node.emitted().size() == 2);
}

TEST_CASE("a revoke or a drain gives absorbed records back, where their source replays") {
  for (const Flush why : {Flush::revoke, Flush::drain}) {
    Harness node(tally);
    node.begin();
    CHECK(node.write({"1", "2", "3"}));
    CHECK(node.flush(why));
    CHECK(node.emitted().empty());
    CHECK(node.relinquished_records() == 3);
  }
  Setup setup;
  setup.replays = false;
  Harness node(tally, {}, setup);
  node.begin();
  CHECK(node.write({"1", "2", "3"}));
  CHECK(node.flush(Flush::drain));
  CHECK(node.payloads() == std::vector<std::string>{"1 3 1 0"});
  CHECK(node.relinquished_records() == 0);
}

TEST_CASE("a node that absorbs keeps the contract") {
  check_contract(tally, Values{{"records", 3}, {"outputs", 2}}, {"1", "22", "333"});
}
