// SPDX-License-Identifier: Apache-2.0
// One member of a consumer group, by librdkafka's event interface: no callbacks, nothing that waits but the destructor.
// Each partition has a queue of its own, which is polled only when there is credit, so what librdkafka has fetched
// stays there, bounded, and nothing is thrown away and fetched again; the group's own events are polled always. Belongs
// to the stage thread.
#pragma once
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "client.hpp"
#include "group_watch.hpp"
#include "rd_handles.hpp"
#include "settings.hpp"
#include "sluice/result.hpp"
#include "sluice/wake_fd.hpp"

namespace sluice::kafka {

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

/// A partition, and an offset of it.
using Place = std::pair<int32_t, int64_t>;

class Consumer {
 public:
  /// `partition_count` of the topic, as far as it is known: they share what may be fetched ahead.
  static Result<std::unique_ptr<Consumer>> make(const Settings& settings, const std::string& brokers,
                                                int32_t partition_count, std::shared_ptr<ClientListener> listener,
                                                std::shared_ptr<WakeFd> wake);
  Consumer(const Consumer&) = delete;
  /// Leaves the group, a static member excepted; waits for the cluster for some seconds at most.
  ~Consumer();

  rd_kafka_t* client() const { return client_.get(); }
  const std::string& topic() const { return topic_; }
  const GroupWatch& group() const { return *watch_; }
  /// `group.instance.id`; empty: a dynamic member.
  const std::string& instance() const { return instance_; }
  std::chrono::milliseconds heartbeat_interval() const { return heartbeat_interval_; }

  Result<void> subscribe();
  /// The next event of the client or its group, or null.
  Event next_event();
  /// To be asked for before the partition is assigned, and to be let go before the consumer.
  Queue queue_of(int32_t partition);

  // Answers to rebalance events.
  Result<void> acknowledge_assignment();
  Result<void> assign(const std::vector<Place>& places);
  Result<void> unassign(const std::vector<int32_t>& partitions);
  /// Fetches anew from where reading stands, so that its broker says how the partition is. What waits in the
  /// partition's queue is thrown away.
  void ask_again(const Place& place);
  bool is_assignment_lost() const { return rd_kafka_assignment_lost(client_.get()) != 0; }

  /// The group knows this member by an id that it gives anew when it has expelled the member. What was given to one id
  /// is not the next one's. Costs a question to librdkafka's main thread.
  void remember_member();
  bool is_other_member() const;
  /// Every id that this process was known by.
  const std::set<std::string>& known_members();

  /// The answer comes as an event. `mark` is kept with each offset.
  Result<void> commit(const std::vector<Place>& places, const std::string& mark);
  /// How far the log went when it was last fetched from; less than 0 when that is not known.
  int64_t known_end(int32_t partition) const;

 private:
  Consumer(const Settings& settings, std::shared_ptr<ClientListener> listener, std::shared_ptr<WakeFd> wake);
  std::string member_id() const;
  void await_assignment(int64_t until_ns);
  void say_goodbye(int64_t until_ns);
  bool leave_group(int64_t until_ns);
  void answer(rd_kafka_event_t* event);
  PartitionList new_list(size_t size) const;
  std::shared_ptr<ClientListener> listener_;
  std::shared_ptr<WakeFd> wake_;
  const std::string topic_;
  const std::string instance_;
  std::chrono::milliseconds heartbeat_interval_{0};
  std::unique_ptr<GroupWatch> watch_ = std::make_unique<GroupWatch>();
  Client client_;
  Queue events_;
  std::string member_;           ///< the id that partitions were given to
  std::set<std::string> known_;  ///< every id that this process had
  bool was_assigned_ = false;    ///< an assignment has come, be it an empty one
};

}  // namespace sluice::kafka
