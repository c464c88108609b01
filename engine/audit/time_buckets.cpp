// SPDX-License-Identifier: Apache-2.0
#include "audit/time_buckets.hpp"

#include <algorithm>

namespace sluice::engine {
namespace {

void merge(const TimeBuckets::Bucket& from, TimeBuckets::Bucket& to) {
  to.count += from.count;
  if (from.prices == 0) return;
  if (to.prices == 0 || from.open_time < to.open_time) {
    to.open = from.open;
    to.open_time = from.open_time;
  }
  if (to.prices == 0 || from.close_time >= to.close_time) {
    to.close = from.close;
    to.close_time = from.close_time;
  }
  to.high = to.prices == 0 ? from.high : std::max(to.high, from.high);
  to.low = to.prices == 0 ? from.low : std::min(to.low, from.low);
  to.prices += from.prices;
}

}  // namespace

void TimeBuckets::widen() {
  const int64_t first = first_ / 2;
  std::vector<Bucket> wider((buckets_.size() + 1) / 2 + 1);
  for (size_t i = 0; i < buckets_.size(); ++i) {
    merge(buckets_[i], wider[static_cast<size_t>((first_ + static_cast<int64_t>(i)) / 2 - first)]);
  }
  while (!wider.empty() && wider.back().count == 0) wider.pop_back();
  first_ = first;
  width_ *= 2;
  buckets_ = std::move(wider);
}

void TimeBuckets::widen_to(int64_t width) {
  while (width_ < width) widen();
}

TimeBuckets::Bucket& TimeBuckets::at(int64_t time) {
  if (buckets_.empty()) first_ = time / width_;
  while (true) {
    const int64_t number = time / width_;
    const int64_t end = std::max(first_ + static_cast<int64_t>(buckets_.size()), number + 1);
    const int64_t begin = std::min(first_, number);
    if (end - begin > static_cast<int64_t>(bucket_count)) {
      widen();
      continue;
    }
    if (begin < first_) {
      buckets_.insert(buckets_.begin(), static_cast<size_t>(first_ - begin), Bucket{});
      first_ = begin;
    }
    buckets_.resize(static_cast<size_t>(end - begin));
    return buckets_[static_cast<size_t>(number - first_)];
  }
}

void TimeBuckets::add(int64_t time) { ++at(time).count; }

void TimeBuckets::add(int64_t time, double price) { merge({1, 1, price, price, price, price, time, time}, at(time)); }

}  // namespace sluice::engine
