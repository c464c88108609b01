// SPDX-License-Identifier: Apache-2.0
// How long something takes: a histogram of nanoseconds with eight classes per power of two (12.5 % wide), counted by
// record. Any thread may add, or one that alone does and then needs no locked instruction; any thread may read. Reading
// while others add gives a slightly older picture, never a torn one.
#pragma once
#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <vector>

namespace sluice::engine {

/// A copy for people and metrics.
struct LatencyReport {
  static constexpr size_t first_exponent = 14;
  static constexpr size_t bound_count = 24;
  static constexpr int64_t bound_ns(size_t i) { return int64_t{1} << (first_exponent + i); }

  std::vector<uint64_t> classes{};  ///< as Latency has them, without the empty ones at the end
  uint64_t count = 0;

  /// How many records took at most each of the bounds, powers of two from 16 us to 137 s.
  std::array<uint64_t, bound_count> at_most() const;
  /// Of the middles of the classes: at most 6 % off.
  double sum_ns() const;
  /// Upper edge of the class that holds this share (0..1) of all records; 0 when there are none.
  int64_t quantile_ns(double share) const;
  /// What came since an earlier report of the same histogram.
  LatencyReport since(const LatencyReport& before) const;
};

class Latency {
 public:
  static constexpr size_t class_count = 496;

  void add(int64_t nanoseconds, uint64_t records) {
    classes_[class_of(nanoseconds)].fetch_add(records, std::memory_order_relaxed);
  }
  /// By one thread only.
  void add_own(int64_t nanoseconds, uint64_t records) {
    auto& one = classes_[class_of(nanoseconds)];
    one.store(one.load(std::memory_order_relaxed) + records, std::memory_order_relaxed);
  }
  LatencyReport report() const;

  static constexpr size_t class_of(int64_t nanoseconds) {
    if (nanoseconds < 8) return nanoseconds < 0 ? 0 : static_cast<size_t>(nanoseconds);
    const auto value = static_cast<uint64_t>(nanoseconds);
    const auto exponent = static_cast<size_t>(std::bit_width(value)) - 1;  // >= 3
    return (exponent - 2) * 8 + ((value >> (exponent - 3)) & 7);
  }
  static constexpr int64_t upper_edge(size_t index) {
    if (index < 8) return static_cast<int64_t>(index);
    const size_t exponent = index / 8 + 2;
    return static_cast<int64_t>(((8 + index % 8 + 1) << (exponent - 3)) - 1);
  }

 private:
  std::array<std::atomic<uint64_t>, class_count> classes_{};
};

}  // namespace sluice::engine
