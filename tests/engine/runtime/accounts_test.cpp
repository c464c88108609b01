// SPDX-License-Identifier: Apache-2.0
// What a source's account has open until it is committed, against a model that keeps every batch: in whatever order
// batches settle, commits are answered or refused, and partitions come and go.
#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include "catch.hpp"
#include "runtime/accounts.hpp"

using namespace sluice;
using engine::CommitDue;
using engine::SourceAccount;
using records::SourceBatch;
using records::Verdict;

namespace {

struct Emitted {
  uint32_t partition;
  int64_t end;
  uint32_t records;
  SourceBatch* batch;  ///< null: settled
};

class Model {
 public:
  explicit Model(uint32_t seed) : random_(seed) {}

  void step() {
    switch (random_() % 12) {
      case 0:
        if (committed_.size() < 4) open();
        break;
      case 1:
        if (random_() % 4 == 0) lose();
        break;
      case 2:
        if (random_() % 4 == 0) revoke();
        break;
      case 3:
      case 4:
        ask();
        break;
      case 5:
      case 6:
        answer();
        break;
      case 7:
      case 8:
      case 9:
        settle();
        break;
      default:
        emit();
    }
    compare();
  }
  void settle_all() {
    while (!open_.empty()) settle();
    compare();
    for (;;) {
      ask();
      if (asked_.empty()) break;
      while (!asked_.empty()) answer();
    }
    compare();
    CHECK(account_.is_quiet());
    CHECK(account_.open_records() == 0);
  }

 private:
  uint32_t any_partition() {
    auto it = committed_.begin();
    std::advance(it, random_() % committed_.size());
    return it->first;
  }
  void open() {
    const auto position = static_cast<int64_t>(random_() % 100);
    const uint32_t id = account_.open_partition("p", position);
    committed_[id] = ends_[id] = position;
  }
  void emit() {
    if (committed_.empty()) return;
    const uint32_t id = any_partition();
    const auto records = static_cast<uint32_t>(random_() % 9 + 1);
    ends_[id] += static_cast<int64_t>(random_() % 3 + 1);
    all_.push_back({id, ends_[id], records, account_.begin(records, records, id, ends_[id], 0)});
    open_.push_back(all_.size() - 1);
  }
  void settle() {
    if (open_.empty()) return;
    const size_t which = random_() % open_.size();
    Emitted& one = all_[open_[which]];
    open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(which));
    std::exchange(one.batch, nullptr)->settle(one.records, Verdict::delivered);
  }
  void ask() {
    while (const auto due = account_.next_commit()) asked_.push_back(*due);
  }
  void answer() {
    if (asked_.empty()) return;
    const CommitDue due = asked_.back();
    asked_.pop_back();
    const bool is_stored = random_() % 3 != 0;
    account_.committed(due.partition, due.position, is_stored);
    const auto known = committed_.find(due.partition);
    if (is_stored && known != committed_.end()) known->second = std::max(known->second, due.position);
  }
  void lose() {
    if (committed_.empty()) return;
    const uint32_t id = any_partition();
    account_.lose_partition(id);
    committed_.erase(id);
  }
  void revoke() {
    if (committed_.empty()) return;
    const uint32_t id = any_partition();
    account_.revoke_partition(id);
    REQUIRE(account_.next_release(true) == id);
    committed_.erase(id);
  }
  /// Records that a crash would repeat: of a partition's batches those that are open, and all behind what is stored.
  void compare() {
    uint64_t unsettled = 0;
    uint64_t uncommitted = 0;
    std::map<uint32_t, bool> is_behind_open;
    for (const Emitted& one : all_) {
      if (one.batch != nullptr) {
        unsettled += one.records;
        is_behind_open[one.partition] = true;
        continue;
      }
      const auto known = committed_.find(one.partition);
      if (known == committed_.end()) continue;
      if (one.end > known->second || is_behind_open[one.partition]) uncommitted += one.records;
    }
    REQUIRE(account_.unsettled_records() == unsettled);
    REQUIRE(account_.uncommitted_records() == uncommitted);
    REQUIRE(account_.open_records() == unsettled + uncommitted);
    REQUIRE(account_.partitions().size() == committed_.size());
    REQUIRE(account_.oldest_ns().has_value() == (unsettled != 0));
  }

  std::mt19937 random_;
  SourceAccount account_{[] {}, true, 0, true};
  std::vector<Emitted> all_;
  std::vector<size_t> open_;               ///< indices of what is unsettled
  std::map<uint32_t, int64_t> committed_;  ///< of the partitions that are open
  std::map<uint32_t, int64_t> ends_;
  std::vector<CommitDue> asked_;
};

}  // namespace

TEST_CASE("what a crash would repeat is counted from emission until it is committed, in whatever order") {
  for (uint32_t seed = 0; seed < 20; ++seed) {
    INFO("seed " << seed);
    Model model(seed);
    for (int i = 0; i < 400; ++i) model.step();
    model.settle_all();
  }
}

TEST_CASE(
    "without a bound until committed only what is unsettled is open, and without commits nothing is uncommitted") {
  for (const bool takes_commits : {true, false}) {
    SourceAccount account([] {}, takes_commits);
    const uint32_t partition = account.open_partition("p", 0);
    SourceBatch* first = account.begin(3, 1, partition, 3, 0);
    account.begin(4, 1, partition, 7, 0)->settle(4, Verdict::delivered);
    CHECK(account.open_records() == 3);
    CHECK(account.uncommitted_records() == (takes_commits ? 4 : 0));
    first->settle(3, Verdict::delivered);
    CHECK(account.open_records() == 0);
    CHECK(account.uncommitted_records() == (takes_commits ? 7 : 0));
  }
}

TEST_CASE("whoever waits for room is told when a partition is lost, once") {
  int reliefs = 0;
  SourceAccount account([&] { ++reliefs; }, true, 0, true);
  const uint32_t partition = account.open_partition("p", 0);
  SourceBatch* late = account.begin(1, 1, partition, 1, 0);
  account.begin(5, 1, partition, 6, 0)->settle(5, Verdict::delivered);
  account.revoke_partition(partition);
  const int before = reliefs;
  account.lose_partition(partition);
  CHECK(reliefs == before + 1);
  CHECK_FALSE(account.has_revoked());
  CHECK(account.open_records() == 1);
  account.lose_partition(partition);
  CHECK(reliefs == before + 1);
  late->settle(1, Verdict::delivered);
  CHECK(account.open_records() == 0);
}

TEST_CASE("a partition whose commit is refused does not keep those of others back") {
  SourceAccount account([] {}, true);
  for (const char* name : {"a", "b", "c"}) {
    const uint32_t partition = account.open_partition(name, 0);
    account.begin(1, 1, partition, 1, 0)->settle(1, Verdict::delivered);
  }
  std::vector<uint32_t> asked;
  for (int i = 0; i < 6; ++i) {
    const auto due = account.next_commit();
    REQUIRE(due);
    asked.push_back(due->partition);
    account.committed(due->partition, due->position, false);
  }
  CHECK(std::vector(asked.begin() + 3, asked.end()) == std::vector(asked.begin(), asked.begin() + 3));
  std::sort(asked.begin(), asked.end());
  CHECK(asked == std::vector<uint32_t>{0, 0, 1, 1, 2, 2});
}

TEST_CASE("what lies before the position that is stored already waits for no commit") {
  SourceAccount account([] {}, true);
  const uint32_t partition = account.open_partition("p", 100);
  account.begin(5, 1, partition, 90, 0)->settle(5, Verdict::delivered);
  CHECK(account.uncommitted_records() == 0);
  SourceBatch* before = account.begin(5, 1, partition, 100, 0);
  account.begin(7, 1, partition, 101, 0)->settle(7, Verdict::delivered);
  before->settle(5, Verdict::delivered);
  const auto due = account.next_commit();
  REQUIRE(due);
  CHECK(due->position == 101);
  account.committed(partition, 101, true);
  CHECK(account.uncommitted_records() == 0);
}
