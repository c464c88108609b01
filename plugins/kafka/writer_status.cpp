// SPDX-License-Identifier: Apache-2.0
#include "writer_status.hpp"

#include <algorithm>

namespace sluice::kafka {
namespace {

constexpr std::chrono::seconds long_silence{10};

}  // namespace

void WriterStatus::trouble(const Error& why) {
  is_ready_ = false;
  if (said_ == why.message) return;
  said_ = why.message;
  if (why.category == Category::transient) {
    context_.connecting(why.message);
  } else {
    context_.blocked(why.message + "; the node retries");
  }
}

void WriterStatus::ready() {
  if (is_ready_) return;
  is_ready_ = true;
  said_.clear();
  context_.ready();
}

void WriterStatus::check_progress(int waiting, const std::string& topic) {
  const Steady::time_point now = Steady::now();
  const Steady::time_point went_on(std::chrono::nanoseconds(standstill_.look(now.time_since_epoch().count())));
  if (waiting == 0) return progress();
  if (!is_ready_ || now < std::max(last_progress_, went_on) + long_silence) return;
  trouble(
      transient("topic \"" + topic +
                "\" has acknowledged nothing for 10 s; check that each partition has a leader, and as many replicas in "
                "sync as min.insync.replicas requires"));
}

}  // namespace sluice::kafka
