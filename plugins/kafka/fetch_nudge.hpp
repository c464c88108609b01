// SPDX-License-Identifier: Apache-2.0
// Wakes a consumer's threads for brokers: librdkafka by itself looks only once a second whether a queue that was full
// has room again, and any request to the broker makes it look. On a thread of its own, as the request is waited for,
// a moment at most. Goes before the consumer.
#pragma once
#include <librdkafka/rdkafka.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "sluice/worker.hpp"

namespace sluice::kafka {

class FetchNudge {
 public:
  FetchNudge(rd_kafka_t* consumer, std::string topic);
  FetchNudge(const FetchNudge&) = delete;
  /// Stage thread.
  void nudge(int32_t partition);

 private:
  struct State {
    std::mutex mutex;
    std::vector<int32_t> partitions;  ///< guarded by mutex
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
  Worker worker_;  ///< waits for its request at the end: the client that it asks goes after this
};

}  // namespace sluice::kafka
