// SPDX-License-Identifier: Apache-2.0
// Changes of a status as lines of a log: one each way, with how long it lasted. The same sentence is said once while
// trouble lasts; what changes all the time is said now and then, with how much was left out, and where it ends up is
// always said: at the latest when the run ends. Knows no clock: moments come with the calls. Not for several threads at
// once.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/abi.h"

namespace sluice::engine {

/// So many lines at once, and one more every so often.
class LogBudget {
 public:
  bool take(int64_t now_ns);

 private:
  static constexpr int64_t line_ns = 10'000'000'000;
  static constexpr int64_t lines = 6;
  int64_t left_ = lines;
  int64_t counted_ns_ = 0;
};

class StatusLog {
 public:
  struct Line {
    uint32_t level = SLUICE_LOG_INFO;  ///< SLUICE_LOG_*
    std::string text;
  };
  /// The status is this now. The line to log, if it is one.
  std::optional<Line> change(uint32_t status, std::string_view sentence, int64_t now_ns);
  /// The line that an earlier change was not allowed, when it may come now.
  std::optional<Line> catch_up(int64_t now_ns);
  /// That line whether it may come or not: nothing follows.
  std::optional<Line> last(int64_t now_ns);
  /// Whether this sentence of the present trouble has been logged, or the present status waits to be.
  bool covers(std::string_view sentence) const;

 private:
  Line line(int64_t now_ns);
  bool has_said(std::string_view sentence) const;

  LogBudget budget_;
  uint32_t status_ = SLUICE_STATUS_READY;
  std::string sentence_;
  std::vector<std::string> said_;      ///< since it was last ready
  std::optional<int64_t> trouble_ns_;  ///< since when it is not ready
  bool was_ready_ = false;             ///< said by the node itself
  bool is_due_ = false;
  uint64_t left_out_ = 0;
};

/// "0.4 s", "31 s", "12 min".
std::string lasted_text(int64_t nanoseconds);

}  // namespace sluice::engine
