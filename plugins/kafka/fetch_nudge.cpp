// SPDX-License-Identifier: Apache-2.0
#include "fetch_nudge.hpp"

#include <algorithm>

#include "topic_facts.hpp"

namespace sluice::kafka {
namespace {

constexpr std::chrono::milliseconds patience{150};

}  // namespace

FetchNudge::FetchNudge(rd_kafka_t* consumer, std::string topic)
    : worker_("kafka-nudge", [state = state_, consumer, topic = std::move(topic)](Pace& pace) {
        while (!pace.is_ending()) {
          std::vector<int32_t> asked;
          {
            const std::lock_guard lock(state->mutex);
            asked = std::exchange(state->partitions, {});
          }
          // The answer is of no use; it is waited for so that there is one request at a time.
          if (!asked.empty()) static_cast<void>(ask_ends(consumer, topic, asked, patience));
          pace.wait();
        }
      }) {}

void FetchNudge::nudge(int32_t partition) {
  {
    const std::lock_guard lock(state_->mutex);
    // One that waits already, as the cluster is slow, says as much.
    if (std::find(state_->partitions.begin(), state_->partitions.end(), partition) != state_->partitions.end()) return;
    state_->partitions.push_back(partition);
  }
  worker_.wake();
}

}  // namespace sluice::kafka
