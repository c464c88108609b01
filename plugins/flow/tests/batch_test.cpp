// SPDX-License-Identifier: Apache-2.0
#include <random>

#include "support.hpp"

using namespace sluice;
using namespace sluice::flow;
using namespace sluice::testing;
using namespace std::chrono_literals;

namespace {

std::vector<size_t> sizes(Harness& node) {
  std::vector<size_t> all;
  for (const Emission& each : node.emitted()) all.push_back(each.size());
  return all;
}
std::vector<Input> numbered(uint64_t count, int& next) {
  std::vector<Input> inputs;
  for (; count > 0; --count) inputs.emplace_back("{\"n\":" + std::to_string(next++) + "}");
  return inputs;
}

}  // namespace

TEST_CASE("full batches have exactly their records, in order, whatever arrives") {
  std::mt19937_64 random(4);
  for (uint64_t records : {1U, 2U, 3U, 7U, 100U}) {
    Harness node(type_of("batch"), {{"records", records}});
    node.begin();
    int next = 0;
    for (int round = 0; round < 60; ++round) REQUIRE(node.write(numbered(1 + random() % 25, next)));
    REQUIRE(node.write(numbered(records * 600 + 1, next)));
    for (size_t size : sizes(node)) REQUIRE(size == records);
    CHECK(node.payloads().size() == static_cast<size_t>(next) / records * records);
    REQUIRE(node.flush());
    const std::vector<std::string> out = node.payloads();
    REQUIRE(out.size() == static_cast<size_t>(next));
    for (int i = 0; i < next; ++i) REQUIRE(out[static_cast<size_t>(i)] == "{\"n\":" + std::to_string(i) + "}");
  }
}

TEST_CASE("bytes are not exceeded but by a record alone, and batches are as full as that allows") {
  std::mt19937_64 random(5);
  for (uint64_t bytes : {1U, 50U, 64U, 1000U}) {
    Harness node(type_of("batch"), {{"records", 20}, {"bytes", bytes}});
    node.begin();
    std::vector<std::string> in;
    for (int round = 0; round < 40; ++round) {
      std::vector<Input> inputs;
      for (uint64_t i = 1 + random() % 400; i > 0; --i) {
        in.emplace_back(1 + random() % 90, 'p');
        inputs.emplace_back(in.back());
      }
      REQUIRE(node.write(inputs));
    }
    const size_t emitted_before_flush = node.emitted().size();
    REQUIRE(node.flush());
    CHECK(node.payloads() == in);
    const auto bytes_of = [](const Emission& batch) {
      uint64_t sum = 0;
      for (const std::string& payload : batch.payloads()) sum += payload.size();
      return sum;
    };
    for (size_t i = 0; i < node.emitted().size(); ++i) {
      const Emission& batch = node.emitted()[i];
      CHECK((bytes_of(batch) <= bytes || batch.size() == 1));
      CHECK(batch.size() <= 20);
      if (i >= emitted_before_flush || batch.size() == 20 || bytes_of(batch) >= bytes) continue;
      REQUIRE(i + 1 < node.emitted().size());
      CHECK(bytes_of(batch) + node.emitted()[i + 1].records[0].payload.size() > bytes);
    }
  }
}

TEST_CASE("within counts from the oldest record that is held") {
  Harness node(type_of("batch"), {{"records", 3}, {"within", "2s"}});
  node.begin();
  int next = 0;
  REQUIRE(node.write(numbered(1, next)));
  REQUIRE(node.advance(1500ms));
  REQUIRE(node.write(numbered(1, next)));
  REQUIRE(node.advance(500ms - 1ns));
  CHECK(node.emitted().empty());
  REQUIRE(node.advance(1ns));
  CHECK(sizes(node) == std::vector<size_t>{2});

  // What a cut leaves over arrived with the batch that was cut.
  REQUIRE(node.write(numbered(2, next)));
  REQUIRE(node.advance(1s));
  REQUIRE(node.write(numbered(2, next)));
  CHECK(sizes(node) == std::vector<size_t>{2, 3});
  REQUIRE(node.advance(2s - 1ns));
  CHECK(sizes(node) == std::vector<size_t>{2, 3});
  REQUIRE(node.advance(1ns));
  CHECK(sizes(node) == std::vector<size_t>{2, 3, 1});
  CHECK_FALSE(node.timer_ns());
}

TEST_CASE("batch without within waits for ever, and says what it holds") {
  Harness node(type_of("batch"), {{"records", 500}, {"bytes", "1MiB"}});
  node.begin();
  int next = 0;
  REQUIRE(node.write(numbered(499, next)));
  REQUIRE(node.advance(std::chrono::hours(1000)));
  CHECK(node.emitted().empty());
  CHECK(node.owned_batches() == 1);
  CHECK(node.described().fact(SLUICE_FACT_HOLDS_RECORDS) == 500);
  CHECK(node.described().fact(SLUICE_FACT_HOLDS_BYTES) == 1 << 20);
  CHECK(node.described().fact(SLUICE_FACT_HOLDS_NS) == 0);
  REQUIRE(node.flush());
  CHECK(sizes(node) == std::vector<size_t>{499});
}
