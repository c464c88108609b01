// SPDX-License-Identifier: Apache-2.0
// What a person sees while a graph runs: on a terminal one line that is rewritten every half second, otherwise a log
// line every ten seconds. Log sentences of nodes come through here too, so that they never break the live line.
#pragma once
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/report.hpp"

namespace sluice::cli {

class LiveDisplay {
 public:
  LiveDisplay(bool is_terminal, bool is_quiet);
  ~LiveDisplay();

  /// Any thread; level is SLUICE_LOG_*.
  void log(uint32_t level, const std::string& node, std::string_view sentence);
  /// Shows the report when it is time to; one thread.
  void show(const engine::Report& report);
  std::chrono::milliseconds interval() const;

 private:
  void clear_line();
  const bool is_terminal_;
  const bool is_quiet_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::mutex mutex_;
  std::string line_;  ///< what stands on the terminal now; guarded by mutex_
  std::optional<engine::Report> before_;
  std::chrono::steady_clock::time_point before_at_{};
};

}  // namespace sluice::cli
