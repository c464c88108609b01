// SPDX-License-Identifier: Apache-2.0
// How long something takes: a histogram of nanoseconds with eight buckets per power of two (12.5 % wide), counted by
// record. Any thread may add, or one that alone does and then needs no locked instruction; any thread may read. Reading
// while others add gives a slightly older picture, never a torn one.
#pragma once
#include <array>
#include <atomic>
#include <bit>
#include <cstdint>

namespace sluice::engine {

/// A coarser copy for metrics: how many records settled within each of the bounds, powers of two from 16 us to 137 s.
struct LatencyReport {
  static constexpr size_t first_exponent = 14;
  static constexpr size_t bound_count = 24;
  static constexpr int64_t bound_ns(size_t i) { return int64_t{1} << (first_exponent + i); }
  std::array<uint64_t, bound_count> at_most{};  ///< each holds those before it
  uint64_t count = 0;
  double sum_ns = 0;  ///< of the middles of the fine buckets: at most 6 % off
};

class Latency {
 public:
  void add(int64_t nanoseconds, uint64_t records) {
    buckets_[bucket_of(nanoseconds < 0 ? 0 : static_cast<uint64_t>(nanoseconds))].fetch_add(records,
                                                                                            std::memory_order_relaxed);
  }
  /// By one thread only.
  void add_own(int64_t nanoseconds, uint64_t records) {
    auto& bucket = buckets_[bucket_of(nanoseconds < 0 ? 0 : static_cast<uint64_t>(nanoseconds))];
    bucket.store(bucket.load(std::memory_order_relaxed) + records, std::memory_order_relaxed);
  }
  /// Upper edge of the bucket that holds this share (0..1) of all records; 0 when there are none.
  int64_t quantile_ns(double share) const {
    uint64_t all = 0;
    for (const auto& bucket : buckets_) all += bucket.load(std::memory_order_relaxed);
    const auto wanted = static_cast<uint64_t>(share * static_cast<double>(all));
    uint64_t seen = 0;
    for (size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i].load(std::memory_order_relaxed);
      if (seen > wanted || (seen == all && all > 0)) return upper_edge(i);
    }
    return 0;
  }
  uint64_t count() const {
    uint64_t all = 0;
    for (const auto& bucket : buckets_) all += bucket.load(std::memory_order_relaxed);
    return all;
  }

  LatencyReport report() const {
    LatencyReport report;
    for (size_t i = 0; i < buckets_.size(); ++i) {
      const uint64_t records = buckets_[i].load(std::memory_order_relaxed);
      if (records == 0) continue;
      const int64_t upper_ns = upper_edge(i);
      const int64_t lower_ns = i == 0 ? 0 : upper_edge(i - 1) + 1;
      report.count += records;
      report.sum_ns +=
          static_cast<double>(records) * (static_cast<double>(lower_ns) / 2 + static_cast<double>(upper_ns) / 2);
      for (size_t bound = 0; bound < LatencyReport::bound_count; ++bound) {
        if (upper_ns <= LatencyReport::bound_ns(bound)) report.at_most[bound] += records;
      }
    }
    return report;
  }

 private:
  static constexpr size_t bucket_of(uint64_t value) {
    if (value < 8) return value;
    const auto exponent = static_cast<size_t>(std::bit_width(value)) - 1;  // >= 3
    return (exponent - 2) * 8 + ((value >> (exponent - 3)) & 7);
  }
  static constexpr int64_t upper_edge(size_t bucket) {
    if (bucket < 8) return static_cast<int64_t>(bucket);
    const size_t exponent = bucket / 8 + 2;
    return static_cast<int64_t>(((8 + bucket % 8 + 1) << (exponent - 3)) - 1);
  }
  std::array<std::atomic<uint64_t>, 496> buckets_{};
};

}  // namespace sluice::engine
