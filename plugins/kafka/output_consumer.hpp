// SPDX-License-Identifier: Apache-2.0
// One member of a consumer group, by librdkafka's event interface: no callbacks, nothing that waits but wait() and the
// destructor. Each partition has a queue of its own, which is polled only when there is credit, so what librdkafka has
// fetched stays there, bounded, and nothing is thrown away and fetched again; the group's own events are polled always.
// Belongs to the stage thread but for what says otherwise.
#pragma once
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "client.hpp"
#include "settings.hpp"
#include "sluice/result.hpp"

namespace sluice::kafka {

struct DestroyEvent {
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
};
using Event = std::unique_ptr<rd_kafka_event_t, DestroyEvent>;

struct DestroyQueue {
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
};
using Queue = std::unique_ptr<rd_kafka_queue_t, DestroyQueue>;

struct DestroyList {
  void operator()(rd_kafka_topic_partition_list_t* list) const { rd_kafka_topic_partition_list_destroy(list); }
};
using PartitionList = std::unique_ptr<rd_kafka_topic_partition_list_t, DestroyList>;

/// What is fetched ahead, over all partitions together. librdkafka by itself looks once a second only whether a queue
/// that was full has room again, so whoever reads has to nudge it.
inline constexpr int64_t ahead_records = 40'000;
inline constexpr int64_t ahead_bytes = int64_t{16} << 20;
inline int64_t ahead_records_of_each(int64_t partition_count) {
  return std::max<int64_t>(ahead_records / partition_count, 100);
}
inline int64_t ahead_kib_of_each(int64_t partition_count) {
  return std::max<int64_t>(ahead_bytes / 1024 / partition_count, 64);
}
/// What librdkafka keeps of a record besides its bytes; measured.
inline constexpr int64_t ahead_record_bytes = 400;

/// What is seen of the group's protocol on librdkafka's threads.
struct GroupWatch {
  /// From the request to join until the new assignment: the cluster would take a commit for one of a past generation.
  std::atomic<bool> is_joining{false};
  std::atomic<bool> has_joined{false};  ///< the group has taken this member at least once
  std::atomic<int64_t> heard_ns{0};     ///< steady clock: when the coordinator last answered
};

/// As rd_kafka_committed. A client looks for its group's coordinator once a second, and whenever it is asked: so it is
/// asked again and again.
rd_kafka_resp_err_t ask_committed(rd_kafka_t* client, rd_kafka_topic_partition_list_t* list,
                                  std::chrono::milliseconds patience);

class Consumer {
 public:
  /// `partition_count` of the topic, as far as it is known: they share what may be fetched ahead.
  static Result<std::unique_ptr<Consumer>> make(const Settings& settings, const std::string& brokers,
                                                int32_t partition_count, ClientListener* listener);
  Consumer(const Consumer&) = delete;
  /// Leaves the group, a static member excepted; waits for the cluster for some seconds at most.
  ~Consumer();

  rd_kafka_t* client() const { return client_.get(); }
  const std::string& topic() const { return topic_; }
  const GroupWatch& group() const { return *watch_; }

  Result<void> subscribe();
  /// The next event of the client or its group, or null.
  Event next_event();
  /// To be asked for before the partition is assigned, and to be let go before the consumer.
  Queue queue_of(int32_t partition);

  // Answers to rebalance events.
  Result<void> acknowledge_assignment();
  Result<void> assign(int32_t partition, int64_t offset);
  Result<void> unassign(const std::vector<int32_t>& partitions);
  bool is_assignment_lost() const { return rd_kafka_assignment_lost(client_.get()) != 0; }

  /// The answer comes as an event.
  Result<void> commit(const std::vector<std::pair<int32_t, int64_t>>& positions);
  /// How far the log went when it was last fetched from; less than 0 when that is not known.
  int64_t known_end(int32_t partition) const;

  /// Until something comes, wake() is called, or the time is over. What came before is not waited for.
  void wait(int64_t timeout_ns) const;
  void wake() const;  ///< any thread

 private:
  Consumer(int event_fd, std::string topic) : event_fd_(event_fd), topic_(std::move(topic)) {}
  void await_assignment();
  bool leave_group();
  void answer(rd_kafka_event_t* event);
  PartitionList new_list(size_t size) const;
  const int event_fd_;
  const std::string topic_;
  std::unique_ptr<GroupWatch> watch_ = std::make_unique<GroupWatch>();
  Client client_;
  Queue events_;
  bool was_assigned_ = false;  ///< an assignment has come, be it an empty one
};

}  // namespace sluice::kafka
