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

  /// Any thread; level is SLUICE_LOG_*. One line, whatever the sentence holds.
  void log(uint32_t level, const std::string& node, std::string_view sentence);

  // One thread.
  /// The run begins: its time counts from here.
  void begin(const engine::Report& report);
  bool is_due() const;
  void show(const engine::Report& report);
  /// Says how all is in the log, now and also when quiet.
  void say(const engine::Report& report);
  /// The run's time stands still: it was asked to stop.
  void stop_clock();
  /// Takes the line away for good; log sentences go on.
  void end();
  std::chrono::milliseconds interval() const;

 private:
  using Clock = std::chrono::steady_clock;
  void clear_line();
  std::string line(const engine::Report& report, size_t width) const;

  const bool is_terminal_;
  const bool is_quiet_;
  std::mutex mutex_;
  std::string line_;  ///< what stands on the terminal now; guarded by mutex_
  std::optional<engine::Report> before_;
  Clock::time_point before_at_{};
  Clock::time_point started_{};
  std::optional<Clock::time_point> stopped_;
};

}  // namespace sluice::cli
