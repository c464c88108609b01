// SPDX-License-Identifier: Apache-2.0
// The lock of `lock`: one of several processes has it, and only that one writes. Two locks that were not made by
// WriteLock::of stand for two processes. On a real broker, when KAFKA_BROKERS names one: the mock cluster does not keep
// the rules of a group.
#include <algorithm>
#include <thread>

#include "catch.hpp"
#include "output_cluster.hpp"
#include "sluice/testing/harness.hpp"
#include "write_lock.hpp"

using namespace sluice;
using namespace sluice::kafka::testing;
using namespace sluice::testing;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using sluice::kafka::Settings;
using sluice::kafka::WriteLock;

namespace {

constexpr auto patience = 2min;

/// What an engine does with a claim, on a thread of its own.
class Claimant {
 public:
  using Slot = std::function<Result<void>(Claim&)>;
  explicit Claimant(Slot slot) : slot_(std::move(slot)) {
    api_.struct_size = sizeof api_;
    api_.held = [](void* to) { of(to).set([](Claimant& self) { self.is_held_ = true; }); };
    api_.waits = [](void* to, sluice_str sentence) {
      of(to).set([&](Claimant& self) { self.sentence_ = to_view(sentence); });
    };
    api_.is_wanted = [](void* to) -> uint32_t {
      const std::lock_guard lock(of(to).mutex_);
      return of(to).is_wanted_ ? 1 : 0;
    };
    thread_ = std::thread([this] {
      Claim claim(api_, this);
      Result<void> result = slot_(claim);
      set([&](Claimant& self) { self.result_ = result; });
    });
  }
  Claimant(const Claimant&) = delete;
  ~Claimant() { give_up(); }
  void give_up() {
    set([](Claimant& self) { self.is_wanted_ = false; });
    if (thread_.joinable()) thread_.join();
  }
  bool await_held() {
    return await([&] { return is_held_; });
  }
  bool is_held() {
    const std::lock_guard lock(mutex_);
    return is_held_;
  }
  std::string await_sentence() {
    await([&] { return !sentence_.empty(); });
    const std::lock_guard lock(mutex_);
    return sentence_;
  }
  Result<void> await_result() {
    if (!await([&] { return result_.has_value(); })) return bug("it has not returned");
    const std::lock_guard lock(mutex_);
    return *result_;
  }

 private:
  static Claimant& of(void* to) { return *static_cast<Claimant*>(to); }
  template <typename F>
  void set(F&& change) {
    {
      const std::lock_guard lock(mutex_);
      change(*this);
    }
    changed_.notify_all();
  }
  template <typename F>
  bool await(F&& holds) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, holds);
  }
  const Slot slot_;
  sluice_claim_api api_{};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_held_ = false;
  bool is_wanted_ = true;
  std::string sentence_;
  std::optional<Result<void>> result_;
  std::thread thread_;
};

Values options_for(const TestCluster& cluster, const std::string& topic, const std::string& lock) {
  return {{"brokers", cluster.option()}, {"topic", topic}, {"partition_count", 1}, {"lock", lock}, {"linger", "1ms"}};
}

/// An input half with a lock, which an engine would ask for it.
class LockedNode : public Harness {
 public:
  LockedNode(const TestCluster& cluster, const std::string& topic, const std::string& lock)
      : Harness(find_type(sluice_plugin_v1(), "kafka"), options_for(cluster, topic, lock), as_input()) {}

  static Setup as_input() {
    Setup setup;
    setup.role = SLUICE_ROLE_RELAY_INPUT;
    return setup;
  }
};

Settings settings_for(const TestCluster& cluster, const std::string& lock) {
  Settings settings;
  settings.brokers = cluster.option();
  settings.topic = "not used";
  settings.lock = lock;
  return settings;
}

Claimant::Slot claim_of(WriteLock& lock) {
  return [&lock](Claim& claim) { return lock.claim(claim); };
}

}  // namespace

TEST_CASE("one of two processes has the lock, and the other gets it when the first has left") {
  const auto cluster = TestCluster::real();
  if (cluster == nullptr) return;
  const std::string name = TestCluster::fresh("lock");
  LockedNode node(*cluster, TestCluster::fresh("locked"), name);
  auto first = std::make_unique<WriteLock>(node.context(), settings_for(*cluster, name));
  WriteLock second(node.context(), settings_for(*cluster, name));
  CHECK_FALSE(first->may_write());
  auto holder = std::make_unique<Claimant>(claim_of(*first));
  REQUIRE(holder->await_held());
  CHECK(first->may_write());
  Claimant heir(claim_of(second));
  CHECK_THAT(heir.await_sentence(),
             Contains("-" + std::to_string(getpid()) + " at ") && Contains(" has lock \"" + name));
  CHECK_FALSE(second.may_write());
  CHECK(first->may_write());
  holder->give_up();
  // The lock stays until the last relay of the process has closed.
  CHECK(first->may_write());
  CHECK_FALSE(heir.is_held());
  first.reset();
  REQUIRE(heir.await_held());
  CHECK(second.may_write());
}

TEST_CASE("relays of a process that name the same lock share it, and another name is another lock") {
  const auto cluster = TestCluster::real();
  if (cluster == nullptr) return;
  const std::string name = TestCluster::fresh("lock");
  const std::string topic = TestCluster::fresh("locked");
  LockedNode node(*cluster, topic, name);
  const Settings settings = settings_for(*cluster, name);
  const auto first = WriteLock::of(node.context(), settings);
  CHECK(WriteLock::of(node.context(), settings) == first);
  CHECK(WriteLock::of(node.context(), settings_for(*cluster, TestCluster::fresh("lock"))) != first);
  Claimant one(claim_of(*first));
  Claimant two(claim_of(*first));
  CHECK(one.await_held());
  CHECK(two.await_held());
}

TEST_CASE("a node writes nothing before it has its lock") {
  const auto cluster = TestCluster::real();
  if (cluster == nullptr) return;
  const std::string name = TestCluster::fresh("lock");
  LockedNode node(*cluster, TestCluster::fresh("locked"), name);
  node.begin();
  CHECK(node.write({"a", "b"}));
  CHECK(node.held());
  CHECK(node.settlements().empty());
  // The node's own.
  const auto lock = WriteLock::of(node.context(), settings_for(*cluster, name));
  Claimant claim(claim_of(*lock));
  REQUIRE(claim.await_held());
  CHECK(node.await([&] { return node.settled(SLUICE_DELIVERED) == 2; }, patience));
  CHECK(node.await([&] { return !node.held(); }, patience));
  CHECK(node.write({"c"}));
  CHECK(node.await([&] { return node.settled(SLUICE_DELIVERED) == 3; }, patience));
  claim.give_up();
}

TEST_CASE("another producer is reported to a node whose source asked what was stored last") {
  const auto cluster = TestCluster::real();
  if (cluster == nullptr) return;
  const bool is_asked = GENERATE(true, false);
  const std::string topic = TestCluster::fresh("shared");
  LockedNode node(*cluster, topic, "");
  node.begin();
  if (is_asked) CHECK(node.tail({.records = 1, .bytes = 1}, [](const auto&) { return TailWants::enough; }));
  const auto write = [&](std::vector<Input> records, uint64_t settled) {
    CHECK(node.write(std::move(records)));
    CHECK(node.await([&] { return node.settled(SLUICE_DELIVERED) == settled; }, patience));
  };
  write({"a", "b"}, 2);
  write({"c"}, 3);
  CHECK(node.metric("foreign_records_total") == 0);
  cluster->write_numbers(topic, 0, 5);
  write({"d"}, 4);
  cluster->write_numbers(topic, 0, 2);
  write({"e", "f"}, 6);
  CHECK(node.metric("foreign_records_total") == (is_asked ? 7 : 0));
  const auto logs = node.logs();
  const auto reports = std::count_if(logs.begin(), logs.end(), [&](const LogLine& line) {
    return line.sentence.find("partition 0, offset 3: 5 records are of another producer") != std::string::npos;
  });
  CHECK(reports == (is_asked ? 1 : 0));
}

TEST_CASE("the topic of a lock has one partition") {
  const auto cluster = TestCluster::real();
  if (cluster == nullptr) return;
  const std::string name = TestCluster::fresh("lock");
  cluster->make_topic(name, 3);
  LockedNode node(*cluster, TestCluster::fresh("locked"), name);
  WriteLock lock(node.context(), settings_for(*cluster, name));
  Claimant claim(claim_of(lock));
  const Result<void> result = claim.await_result();
  REQUIRE_FALSE(result);
  CHECK_THAT(result.error().message, Contains("has 3 partitions, and the topic of a lock has one"));
  CHECK(result.error().category == Category::operator_needed);
  CHECK(lock.is_lost());
}
