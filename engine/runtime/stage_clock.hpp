// SPDX-License-Identifier: Apache-2.0
// The monotonic clock as a stage uses it: a reading serves for as long as little has happened since. It is read anew in
// each turn of the loop, after a source may have waited, and after 512 records of work, so measuring costs no more than
// one reading a batch, and small batches share one. Whatever reads the clock anyway on a stage's thread leaves its
// reading here. Owned by the stage's thread; `read_here` may be called from any.
#pragma once
#include <cstdint>

#include <utility>

#include "runtime/clock.hpp"

namespace sluice::engine {

class StageClock {
 public:
  explicit StageClock(const Clock& clock) : clock_(clock) {}

  /// For as long as this lives, it is the calling thread's clock.
  class Here {
   public:
    explicit Here(StageClock& clock) : before_(std::exchange(of_this_thread_, &clock)) {}
    ~Here() { of_this_thread_ = before_; }
    Here(const Here&) = delete;
    Here& operator=(const Here&) = delete;

   private:
    StageClock* const before_;
  };
  void forget() { worked_records_ = records_a_reading; }
  void worked(uint32_t records) { worked_records_ += records; }

  int64_t recent() { return worked_records_ < records_a_reading ? now_ns_ : read(); }
  int64_t read() {
    worked_records_ = 0;
    return now_ns_ = clock_.monotonic_ns();
  }
  // Of a thread that is not a stage's, both read this clock.
  static int64_t read_here(const Clock& otherwise) {
    return of_this_thread_ == nullptr ? otherwise.monotonic_ns() : of_this_thread_->read();
  }
  static int64_t recent_here(const Clock& otherwise) {
    return of_this_thread_ == nullptr ? otherwise.monotonic_ns() : of_this_thread_->recent();
  }

 private:
  static constexpr uint64_t records_a_reading = 512;
  static inline thread_local StageClock* of_this_thread_ = nullptr;
  const Clock& clock_;
  int64_t now_ns_ = 0;
  uint64_t worked_records_ = records_a_reading;
};

}  // namespace sluice::engine
