// SPDX-License-Identifier: Apache-2.0
// The tracker against a model that keeps everything: positions and counts are the same, whatever the order in which
// batches enter, settle and fail, and what the tracker keeps is bounded by what is open.
#include "runtime/position_tracker.hpp"

#include <algorithm>
#include <random>
#include <vector>

#include "catch.hpp"
#include "queue_batches.hpp"

using namespace sluice;
using namespace sluice::testing;
using engine::PositionTracker;
using records::SourceBatch;
using records::Verdict;

namespace {

struct Known {
  int64_t end;
  uint64_t records;
  int64_t created_ns;
  SourceBatch* batch;  ///< null: settled, and maybe gone
  bool fails;
};

class Model {
 public:
  explicit Model(uint32_t seed) : random_(seed) {}

  void enter(bool may_fail) {
    end_ += static_cast<int64_t>(random_() % 5);
    const auto records = static_cast<uint32_t>(random_() % 9 + 1);
    auto* batch = new SourceBatch(account_, records, 1, ++now_ns_);
    batch->end = end_;
    all_.push_back({end_, records, now_ns_, batch, may_fail && random_() % 20 == 0});
    open_.push_back(all_.size() - 1);
    tracker_.enter(batch);
  }
  void settle(size_t which) {
    Known& known = all_[open_[which]];
    open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(which));
    known.batch->close(known.records, known.fails ? Verdict::failed : Verdict::delivered);
    tracker_.settle(std::exchange(known.batch, nullptr));
  }
  void settle_any() { settle(random_() % open_.size()); }
  size_t open() const { return open_.size(); }
  size_t kept() const { return tracker_.kept(); }

  void compare() const {
    int64_t position = 0;
    uint64_t records = 0;
    for (const Known& known : all_) {
      if (known.batch != nullptr || known.fails) break;
      position = known.end;
      records += known.records;
    }
    REQUIRE(tracker_.position() == position);
    REQUIRE(tracker_.passed_records() == records);
    REQUIRE(tracker_.idle() == open_.empty());
    const auto oldest = std::min_element(open_.begin(), open_.end());
    REQUIRE(tracker_.oldest_ns() == (open_.empty() ? std::nullopt : std::optional(all_[*oldest].created_ns)));
    REQUIRE(tracker_.kept() <= 4 * open_.size() + PositionTracker::spare);
  }

 private:
  std::mt19937 random_;
  CountingAccount account_;
  PositionTracker tracker_{0};
  std::vector<Known> all_;
  std::vector<size_t> open_;  ///< indices
  int64_t end_ = 0;
  int64_t now_ns_ = 0;
};

void settle_at_random(uint32_t seed, bool may_fail) {
  INFO("seed " << seed);
  Model model(seed);
  std::mt19937 random(seed + 1'000);
  // Tides: at times more enter than settle, at times the other way round.
  for (int tide = 0; tide < 12; ++tide) {
    const uint32_t enters_of_ten = tide % 2 == 0 ? 8 : 2;
    for (int step = 0; step < 150; ++step) {
      if (random() % 10 < enters_of_ten) {
        model.enter(may_fail);
      } else if (model.open() > 0) {
        model.settle_any();
      }
      model.compare();
    }
  }
  while (model.open() > 0) {
    model.settle_any();
    model.compare();
  }
}

}  // namespace

TEST_CASE("a position is over all that settled without a gap, in whatever order that was") {
  for (uint32_t seed = 0; seed < 10; ++seed) settle_at_random(seed, false);
}

TEST_CASE("no position moves over what failed, nor over anything behind it") {
  for (uint32_t seed = 0; seed < 10; ++seed) settle_at_random(seed, true);
}

TEST_CASE("what settles behind one that is open takes no memory for long") {
  Model model(1);
  model.enter(false);
  for (int i = 0; i < 100'000; ++i) {
    model.enter(false);
    model.settle(1);
    if (model.kept() > 4 + PositionTracker::spare) FAIL("it keeps " << model.kept() << " batches after " << i);
  }
  model.compare();
  model.settle(0);
  model.compare();
  CHECK(model.kept() == 0);
}
