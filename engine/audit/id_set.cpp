// SPDX-License-Identifier: Apache-2.0
#include "audit/id_set.hpp"

#include <algorithm>
#include <iterator>

namespace sluice::engine {
namespace {

uint64_t size_of(int64_t first, int64_t last) { return static_cast<uint64_t>(last - first) + 1; }

}  // namespace

/// The first range that holds the id or one beside it, or that lies behind it.
IdSet::Place IdSet::first_touching(int64_t id) {
  Place at = ranges_.upper_bound(id);
  if (at != ranges_.begin()) {
    const Place before = std::prev(at);
    if (before->second.last >= id - 1) return before;
  }
  return at;
}

uint64_t IdSet::add(int64_t first, int64_t last, int64_t time) {
  if (recent_ != ranges_.end() && recent_->second.last == first - 1) {
    const Place behind = std::next(recent_);
    if (behind == ranges_.end() || behind->second.first > last + 1) {
      recent_->second.last = last;
      recent_->second.last_time = time;
      const uint64_t added = size_of(first, last);
      count_ += added;
      return added;
    }
  }
  Range merged{first, last, time, time};
  uint64_t known = 0;
  Place at = first_touching(first);
  const bool touches = at != ranges_.end() && at->second.first <= last + 1;
  if (!touches && room_->ranges == 0) {
    left_out_ += size_of(first, last);
    return 0;
  }
  if (touches && at->second.first <= first && at->second.last >= last) {
    recent_ = at;
    return 0;
  }
  while (at != ranges_.end() && at->second.first <= last + 1) {
    const Range& old = at->second;
    const int64_t from = std::max(old.first, first);
    const int64_t to = std::min(old.last, last);
    if (from <= to) known += size_of(from, to);
    if (old.first <= merged.first) {
      merged.first = old.first;
      merged.first_time = old.first_time;
    }
    if (old.last >= merged.last) {
      merged.last = old.last;
      merged.last_time = old.last_time;
    }
    at = ranges_.erase(at);
    ++room_->ranges;
  }
  --room_->ranges;
  recent_ = ranges_.emplace_hint(at, merged.first, merged);
  const uint64_t added = size_of(first, last) - known;
  count_ += added;
  return added;
}

uint64_t IdSet::missing() const { return empty() ? 0 : size_of(first(), last()) - count_; }

uint64_t IdSet::count_between(int64_t first, int64_t last) const {
  uint64_t count = 0;
  auto at = ranges_.upper_bound(first);
  if (at != ranges_.begin()) --at;
  for (; at != ranges_.end() && at->second.first <= last; ++at) {
    const int64_t from = std::max(at->second.first, first);
    const int64_t to = std::min(at->second.last, last);
    if (from <= to) count += size_of(from, to);
  }
  return count;
}

uint64_t IdSet::lacks_of(const IdSet& other, int64_t first, int64_t last) const {
  uint64_t count = 0;
  for (const auto& [begin, range] : other.ranges_) {
    const int64_t from = std::max(range.first, first);
    const int64_t to = std::min(range.last, last);
    if (from <= to) count += size_of(from, to) - count_between(from, to);
  }
  return count;
}

}  // namespace sluice::engine
