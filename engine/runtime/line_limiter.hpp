// SPDX-License-Identifier: Apache-2.0
// Keeps a node that flaps from filling the log. Lines that differ only in numbers are of one kind: the first few of a
// kind and minute are logged, the others are counted, and the count is logged with the last of them when the minute is
// over. So nothing is left out in silence. Only for what plugins say. Any thread.
#pragma once
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::engine {

class LineLimiter {
 public:
  static constexpr uint32_t most_alike = 10;
  static constexpr size_t most_kinds = 32;  ///< what is of no known kind then shares one
  static constexpr int64_t minute_ns = 60'000'000'000;

  struct Line {
    uint32_t level;
    std::string text;
  };
  /// What to log now that a plugin says this.
  std::vector<Line> said(uint32_t level, std::string_view text, int64_t now_ns);
  /// What to log of the kinds whose minute is over.
  std::vector<Line> rest(int64_t now_ns);

 private:
  struct Kind {
    std::string shape;  ///< a line without its numbers
    int64_t minute_ends_ns;
    uint32_t logged = 0;
    uint64_t unlogged = 0;
    Line last{};  ///< of those that were not logged
  };
  Kind& kind_of(std::string_view text, int64_t now_ns);

  std::mutex mutex_;
  std::vector<Kind> kinds_;  ///< guarded by mutex_; only those whose minute is not over, or that have a rest
};

}  // namespace sluice::engine
