// SPDX-License-Identifier: Apache-2.0
// Counts and prices over time, for a picture: a fixed number of buckets whose width doubles whenever the times no
// longer fit, so the memory never grows. Prices are rounded to doubles and decide nothing.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

namespace sluice::engine {

class TimeBuckets {
 public:
  static constexpr size_t bucket_count = 256;
  struct Bucket {
    uint64_t count = 0;
    uint64_t prices = 0;  ///< how many had one
    double open = 0, high = 0, low = 0, close = 0;
    int64_t open_time = 0, close_time = 0;
  };

  /// `time` in microseconds since 1970, greater than 0.
  void add(int64_t time);
  void add(int64_t time, double price);
  /// Microseconds.
  int64_t width() const { return width_; }
  int64_t begin() const { return first_ * width_; }
  const std::vector<Bucket>& buckets() const { return buckets_; }
  /// Wider buckets, as wide as those of others: `width` is this width times a power of two.
  void widen_to(int64_t width);

 private:
  Bucket& at(int64_t time);
  void widen();

  int64_t width_ = 1'000'000;
  int64_t first_ = 0;  ///< the number of the first bucket, from 1970
  std::vector<Bucket> buckets_;
};

}  // namespace sluice::engine
