// SPDX-License-Identifier: Apache-2.0
// The embedded log: shared by the process, accepted and not delivered, and never so full that it forgets what was not
// read.
#include <algorithm>

#include "support.hpp"

using namespace kafka_test;
using sluice::kafka::Embedded;
using sluice::kafka::EmbeddedTopic;

namespace {

Values embedded_options(const char* topic, Values more = {}) {
  return with({{"brokers", "embedded"}, {"topic", topic}, {"key", "symbol"}, {"linger", "1ms"}}, std::move(more));
}

}  // namespace

TEST_CASE("the embedded log is one a process and ends with its last holder") {
  auto one = Embedded::get();
  auto two = Embedded::get();
  REQUIRE(one);
  REQUIRE(two);
  CHECK(one->get() == two->get());
  auto topic = (*one)->topic("shared", 3);
  REQUIRE(topic);
  CHECK((*(*two)->topic("shared", 1))->partition_count() == 3);
}

TEST_CASE("what the embedded log takes is accepted, and read back") {
  const auto log = *Embedded::get();
  Harness node(kafka_type(), embedded_options("accepted", {{"partition_count", 2}}), as_input());
  CHECK(node.described().fact(SLUICE_FACT_DURABLE) == 0);
  node.begin();
  must(node.write({Input("{}", {{"symbol", "foobar"}}), Input("[]", {{"symbol", "21"}})}));
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_ACCEPTED) == 2);
  CHECK(read_topic(log->brokers(), "accepted", 2).size() == 2);
}

TEST_CASE("what nobody has read is not evicted: credit goes until a reader commits") {
  const auto log = *Embedded::get();
  const auto topic = *log->topic("bounded", 1);
  EmbeddedTopic::Reader reader(topic);
  Harness node(kafka_type(), embedded_options("bounded"), as_input());
  node.begin();
  const std::string payload(10'000, 'x');
  constexpr int64_t written = 2000;
  for (int64_t i = 0; i < written; i += 20) {
    must(node.write(std::vector<Input>(20, Input(payload, {{"symbol", "BTCUSDT"}}))));
  }
  const int64_t room = EmbeddedTopic::most_unread_bytes / (payload.size() + 7 + EmbeddedTopic::record_overhead_bytes);
  // Batches of 20 settle when they are whole; the rest of the last one waits.
  const auto settled_up_to = [&](int64_t records) {
    return node.await([&] { return node.settled(SLUICE_ACCEPTED) == static_cast<uint64_t>(records / 20 * 20); });
  };
  REQUIRE(settled_up_to(room));
  CHECK(node.held());
  CHECK(topic->unread_bytes(0) <= EmbeddedTopic::most_unread_bytes);
  std::vector<Stored> stored = read_topic(log->brokers(), "bounded", 1);
  CHECK(static_cast<int64_t>(stored.size()) <= room);
  CHECK(static_cast<int64_t>(stored.size()) >= room / 20 * 20);
  CHECK(stored.front().offset == 0);

  for (int64_t read = room; node.owned_batches() > 0; read += room) {
    const int64_t all = std::min(read, written);
    REQUIRE(settled_up_to(all));
    reader.committed(0, all);
    if (all == written) break;
  }
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_ACCEPTED) == written);
  stored = read_topic(log->brokers(), "bounded", 1);
  CHECK(stored.back().offset == written - 1);
}

TEST_CASE("without a reader the embedded log keeps the newest") {
  const auto log = *Embedded::get();
  Harness node(kafka_type(), embedded_options("unread"), as_input());
  node.begin();
  for (int i = 0; i < 100; ++i) {
    REQUIRE(node.await([&] { return !node.held() && node.owned_batches() < 64; }));
    must(node.write(std::vector<Input>(10, Input(std::string(10'000, 'x'), {{"symbol", "BTCUSDT"}}))));
  }
  REQUIRE(all_settled(node));
  CHECK(node.settled(SLUICE_ACCEPTED) == 1000);
  const std::vector<Stored> stored = read_topic(log->brokers(), "unread", 1);
  CHECK(stored.back().offset == 999);
  CHECK(stored.size() < 1000);
}
