// SPDX-License-Identifier: Apache-2.0
#include "runtime/reject_window.hpp"

#include <algorithm>

namespace sluice::engine {

bool RejectWindow::reaches(const StopAfter& limit, uint64_t before, uint64_t records) {
  const std::lock_guard lock(mutex_);
  const uint64_t begin = runs_.empty() ? before : std::max(before, runs_.back().end);
  const uint64_t end = begin + records;
  if (!runs_.empty() && runs_.back().end == begin) {
    runs_.back().end = end;
  } else {
    runs_.push_back({begin, end});
  }
  rejects_ += records;
  const uint64_t oldest = end - std::min<uint64_t>(end, limit.of);
  while (runs_.front().end <= oldest) {
    rejects_ -= runs_.front().end - runs_.front().begin;
    runs_.pop_front();
  }
  if (Run& first = runs_.front(); first.begin < oldest) {
    rejects_ -= oldest - first.begin;
    first.begin = oldest;
  }
  return rejects_ >= limit.rejects;
}

}  // namespace sluice::engine
