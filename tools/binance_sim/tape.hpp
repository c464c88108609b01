// SPDX-License-Identifier: Apache-2.0
// The events that are on their way: appended by the feed, read by every connection at its own position.
// A position is the number of events before it since the start, so position N is "after N frames" everywhere.
// Keeps what was not trimmed, in one contiguous piece; never drops by itself.
#pragma once
#include <cstdint>
#include <vector>

#include "event.hpp"

namespace sluice::sim {

class Tape {
 public:
  std::uint64_t begin() const { return base_ + head_; }
  std::uint64_t end() const { return base_ + events_.size(); }
  Event& at(std::uint64_t position) { return events_[static_cast<std::size_t>(position - base_)]; }
  void push(const Event& event) { events_.push_back(event); }

  // Everything before `position` may go.
  void trim(std::uint64_t position) {
    if (position <= begin()) return;
    if (position >= end()) {
      base_ = end();
      head_ = 0;
      events_.clear();
      return;
    }
    head_ = static_cast<std::size_t>(position - base_);
    if (head_ > 16384 && head_ > events_.size() / 2) {
      events_.erase(events_.begin(), events_.begin() + static_cast<std::ptrdiff_t>(head_));
      base_ += head_;
      head_ = 0;
    }
  }

 private:
  std::vector<Event> events_;
  std::uint64_t base_ = 0;
  std::size_t head_ = 0;
};

}  // namespace sluice::sim
