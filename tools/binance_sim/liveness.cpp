// SPDX-License-Identifier: Apache-2.0
#include "liveness.hpp"

#include <algorithm>

namespace sluice::sim {

std::string PingBook::make_ping(Time now, std::int64_t wall_ms) {
  next_ping_ = now + interval_;
  std::string payload = std::to_string(wall_ms) + "-" + std::to_string(++count_);
  open_.push_back({payload, now});
  return payload;
}

bool PingBook::pong(std::string_view payload) {
  const auto found = std::find_if(open_.begin(), open_.end(), [&](const Open& o) { return o.payload == payload; });
  if (found == open_.end()) return false;
  open_.erase(open_.begin(), found + 1);
  return true;
}

std::optional<PingBook::Time> PingBook::next_event() const {
  std::optional<Time> next;
  if (interval_.count() > 0) next = next_ping_;
  if (!open_.empty()) next = next ? std::min(*next, open_.front().sent + timeout_) : open_.front().sent + timeout_;
  return next;
}

bool MessageLimit::admit(Time now) {
  if (per_second_ == 0) return true;
  while (!recent_.empty() && now - recent_.front() >= std::chrono::seconds(1)) recent_.pop_front();
  recent_.push_back(now);
  return recent_.size() <= per_second_;
}

}  // namespace sluice::sim
