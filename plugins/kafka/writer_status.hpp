// SPDX-License-Identifier: Apache-2.0
// What people and readiness checks are told of a writer: ready, connecting with why, blocked with why. Says a thing
// once, not at every attempt. The writer's thread only.
#pragma once
#include <chrono>
#include <string>

#include "silence.hpp"
#include "sluice/context.hpp"

namespace sluice::kafka {

class WriterStatus {
 public:
  using Steady = std::chrono::steady_clock;
  explicit WriterStatus(Context context) : context_(context) {}

  /// Transient: connecting; any other: blocked.
  void trouble(const Error& why);
  void ready();
  bool is_ready() const { return is_ready_; }
  bool is_in_trouble() const { return !said_.empty(); }

  /// Delivery reports came, or nothing is waited for.
  void progress() { last_progress_ = Steady::now(); }
  /// Nothing came for long although `waiting` records are on their way.
  void check_progress(int waiting, const std::string& topic);

 private:
  Context context_;
  bool is_ready_ = false;
  std::string said_;
  Steady::time_point last_progress_ = Steady::now();
  Standstill standstill_;
};

}  // namespace sluice::kafka
