// SPDX-License-Identifier: Apache-2.0
// The monotonic clock as a stage uses it: a reading serves for as long as little has happened since. It is read anew in
// each turn of the loop, after a source may have waited, and after 512 records of work, so measuring costs no more than
// one reading a batch, and small batches share one. Whatever reads the clock anyway on a stage's thread leaves its
// reading here. Owned by the stage's thread; `read_here` may be called from any.
#pragma once
#include <cstdint>

#include "runtime/waker.hpp"

namespace sluice::engine {

class StageClock {
 public:
  /// From here on the calling thread's clock.
  void adopt() { of_this_thread_ = this; }
  void forget() { worked_records_ = records_a_reading; }
  void worked(uint32_t records) { worked_records_ += records; }

  int64_t recent() { return worked_records_ < records_a_reading ? now_ns_ : read(); }
  int64_t read() {
    worked_records_ = 0;
    return now_ns_ = monotonic_ns();
  }
  static int64_t read_here() { return of_this_thread_ == nullptr ? monotonic_ns() : of_this_thread_->read(); }
  /// Of a thread that is no stage's it is a reading.
  static int64_t recent_here() { return of_this_thread_ == nullptr ? monotonic_ns() : of_this_thread_->recent(); }

 private:
  static constexpr uint64_t records_a_reading = 512;
  static inline thread_local StageClock* of_this_thread_ = nullptr;
  int64_t now_ns_ = 0;
  uint64_t worked_records_ = records_a_reading;
};

}  // namespace sluice::engine
