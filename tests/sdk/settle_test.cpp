// SPDX-License-Identifier: Apache-2.0
// settle_refusing() in a sink that holds back and refuses what the test says: random subsets, each record settles once.
#include "sluice/settle.hpp"

#include <algorithm>
#include <map>
#include <random>

#include "catch.hpp"
#include "sluice/plugin.hpp"
#include "sluice/testing/harness.hpp"

namespace {

using namespace sluice::testing;
using sluice::Batch;
using sluice::Config;
using sluice::Context;
using sluice::Refused;
using sluice::Result;
using sluice::Taken;

struct Say {
  std::vector<Refused> refused{};
  std::vector<uint32_t> held{};
  Taken taken = Taken::delivered;
};
Say say;                             // what the sink does with the next batch
std::vector<std::string> came_back;  // of what was held

class Settler : public sluice::Sink {
 public:
  static void describe(Config, sluice::Description& description) {
    description.durable(true, "a test");
    description.idempotent(true, "a test");
  }
  static Result<std::unique_ptr<Settler>> open(Context, Config) { return std::make_unique<Settler>(); }
  Result<void> write(Batch batch) override {
    Batch held = sluice::settle_refusing(std::move(batch), say.refused, say.taken, say.held);
    came_back.clear();
    for (uint32_t i = 0; i < held.size(); ++i) came_back.emplace_back(held[i].payload());
    if (held) std::move(held).discard("held");
    return {};
  }
};

constexpr sluice_node_type type = sluice::sink_type<Settler>("settler", "Settles as it is told.", {});

TEST_CASE("each record settles exactly once, whatever is refused or held back", "[property]") {
  std::mt19937_64 random(11);
  for (int round = 0; round < 300; ++round) {
    const auto size = static_cast<uint32_t>(1 + random() % 40);
    const uint64_t refused_in_ten = random() % 11;
    const uint64_t held_in_ten = random() % 11;
    std::vector<Input> records;
    say = {};
    say.taken = random() % 2 == 0 ? Taken::delivered : Taken::accepted;
    std::map<std::string, std::string> expected;  // verdict and reason by payload
    std::vector<std::string> expected_back;
    for (uint32_t i = 0; i < size; ++i) {
      const std::string payload = std::to_string(i);
      records.emplace_back(payload);
      if (random() % 10 < refused_in_ten) {
        say.refused.push_back({i, sluice::permanent("refused " + payload)});
        expected[payload] = "refused " + payload;
      } else if (random() % 10 < held_in_ten) {
        say.held.push_back(i);
        expected[payload] = "held";
        expected_back.push_back(payload);
      } else {
        expected[payload] = "";
      }
    }
    std::shuffle(say.refused.begin(), say.refused.end(), random);
    std::shuffle(say.held.begin(), say.held.end(), random);
    Setup setup;
    setup.role = SLUICE_ROLE_RELAY_INPUT;  // only a relay's may accept
    Harness node(type, {}, setup);
    node.begin();
    REQUIRE(node.write(records));
    REQUIRE(came_back == expected_back);
    const std::vector<Settlement> settlements = node.settlements();
    REQUIRE(settlements.size() == size);
    std::map<std::string, std::string> settled;
    const uint32_t good = say.taken == Taken::accepted ? SLUICE_ACCEPTED : SLUICE_DELIVERED;
    for (const Settlement& each : settlements) {
      const bool is_good = each.reason.empty();
      const uint32_t bad = each.reason == "held" ? SLUICE_DISCARDED : SLUICE_FAILED;
      CHECK(each.verdict == (is_good ? good : bad));
      settled[each.record.payload] = each.reason;
    }
    REQUIRE(settled == expected);
  }
}

TEST_CASE("a record that is refused twice fails once, and one that is refused and held fails") {
  say = {};
  say.refused = {{1, sluice::permanent("first")}, {1, sluice::permanent("second")}, {2, sluice::permanent("third")}};
  say.held = {2};
  Harness node(type);
  node.begin();
  CHECK(node.write({"a", "b", "c"}));
  CHECK(came_back.empty());
  const std::vector<Settlement> settlements = node.settlements();
  REQUIRE(settlements.size() == 3);
  CHECK(settlements[0].record.payload == "a");
  CHECK(settlements[1].reason == "first");
  CHECK(settlements[2].reason == "third");
}

}  // namespace
