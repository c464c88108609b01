// SPDX-License-Identifier: Apache-2.0
// When events came onto the tape, so that a host with a delay knows what it may send by now.
// One entry for each pull of the feed; forgets what the tape has forgotten. Reads no clock.
#pragma once
#include <algorithm>
#include <cstdint>
#include <deque>

#include "feed.hpp"

namespace sluice::sim {

class Arrivals {
 public:
  // Everything before `end` was there at this time.
  void came(std::uint64_t end, Time at) { marks_.push_back({end, at}); }

  // What was there at this time ends before this position.
  std::uint64_t end_at(Time at) const {
    const auto later = std::upper_bound(marks_.begin(), marks_.end(), at,
                                        [](Time wanted, const Mark& mark) { return wanted < mark.at; });
    return later == marks_.begin() ? forgotten_ : std::prev(later)->end;
  }

  // When the event at this position came; only for one that is on the tape.
  Time of(std::uint64_t position) const {
    const auto found = std::upper_bound(marks_.begin(), marks_.end(), position,
                                        [](std::uint64_t wanted, const Mark& mark) { return wanted < mark.end; });
    return found == marks_.end() ? Time{} : found->at;
  }

  void trim(std::uint64_t position) {
    for (; !marks_.empty() && marks_.front().end <= position; marks_.pop_front()) forgotten_ = marks_.front().end;
  }

 private:
  struct Mark {
    std::uint64_t end;
    Time at;
  };
  std::deque<Mark> marks_;
  std::uint64_t forgotten_ = 0;  // nothing before this position is on the tape any more
};

}  // namespace sluice::sim
