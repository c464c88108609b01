// SPDX-License-Identifier: Apache-2.0
// Gives memory back to the system that a stall needed and nobody needs any more. The C library keeps what lies between
// what is in use, so a process that once held a minute of records would stay that large for ever.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>

namespace sluice::cli {

/// Memory of this process now, in bytes.
struct HeapState {
  uint64_t resident = 0;  ///< in RAM, without what is shared with files
  uint64_t in_use = 0;    ///< handed out by the C library and not freed; with little resident, all of that

  /// Nothing where /proc cannot be read.
  static std::optional<HeapState> look();
};

class HeapTrimmer {
 public:
  using Clock = std::chrono::steady_clock;
  /// What lies idle may well be wanted again a moment later, so it must have been idle for this long.
  static constexpr std::chrono::seconds patience{10};
  static constexpr uint64_t least_bytes = 32ULL << 20;

  /// Whether to trim, as things stand; to be asked again and again.
  bool is_due(const HeapState& state, Clock::time_point now);

  /// Looks, at most every ten seconds, and trims when that is due. One thread.
  void tick(Clock::time_point now = Clock::now());

 private:
  std::optional<Clock::time_point> idle_since_;
  std::optional<Clock::time_point> looked_at_;
  uint64_t left_ = 0;  ///< idle bytes that the last trim could not give back, as far as they still are
};

}  // namespace sluice::cli
