// SPDX-License-Identifier: Apache-2.0
// From when on a silence counts. What was not heard while this process stood still, frozen or without a processor, says
// nothing of the cluster; and what a broker has not said before it led a partition says nothing of that partition.
// Whoever judges a silence calls these often. Not thread-safe.
#pragma once
#include <algorithm>
#include <cstdint>
#include <map>

namespace sluice::kafka {

class Standstill {
 public:
  /// `tolerated_ns`: several times as long as who looks waits in between.
  explicit Standstill(int64_t tolerated_ns = 3'000'000'000) : tolerated_ns_(tolerated_ns) {}
  /// When this process last went on after a standstill; 0: it never stood still.
  int64_t look(int64_t now_ns) {
    if (last_ns_ != 0 && now_ns - last_ns_ > tolerated_ns_) went_on_ns_ = now_ns;
    last_ns_ = now_ns;
    return went_on_ns_;
  }
  /// For a thread that does not look itself: how long nothing was heard, as far as the process is known to have run.
  int64_t silent_ns(int64_t heard_ns, int64_t now_ns) const {
    return std::min(now_ns, last_ns_ + tolerated_ns_) - std::max(heard_ns, went_on_ns_);
  }

 private:
  int64_t tolerated_ns_;
  int64_t last_ns_ = 0;
  int64_t went_on_ns_ = 0;
};

class Leaderships {
 public:
  /// Since when `leader` has led the partition, as far as was seen.
  int64_t since_ns(int32_t partition, int32_t leader, int64_t now_ns) {
    const auto [found, is_new] = seen_.try_emplace(partition, Seen{leader, now_ns});
    if (!is_new && found->second.leader != leader) found->second = {leader, now_ns};
    return found->second.since_ns;
  }

 private:
  struct Seen {
    int32_t leader;
    int64_t since_ns;
  };
  std::map<int32_t, Seen> seen_;
};

}  // namespace sluice::kafka
