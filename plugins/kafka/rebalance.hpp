// SPDX-License-Identifier: Apache-2.0
// Which partitions this member of the group has, and what becomes of them when the group rebalances: given ones are
// looked up and then assigned; revoked ones are only reported, and go when the engine has drained and committed them;
// lost ones go at once, and what is still unsettled of them is another member's. Cooperative: what is not moved is read
// on. Stage thread only; never waits for the cluster.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "commit_queue.hpp"
#include "output_consumer.hpp"
#include "sluice/context.hpp"
#include "start_lookup.hpp"

namespace sluice::kafka {

class Membership {
 public:
  enum class Phase : uint8_t {
    reading,   ///< or to be read as soon as its start is known
    revoking,  ///< the engine drains it
    released,  ///< it has, and waits for the others that go with it
  };
  struct Partition {
    int32_t number = 0;
    uint32_t id = SLUICE_NO_PARTITION;  ///< the engine's, once it is open
    Phase phase = Phase::reading;
    bool is_assigned = false;  ///< librdkafka reads it
    uint64_t round = 0;        ///< of the lookup whose answer counts
    int64_t next = 0;          ///< offset behind the last record that was emitted, or the start
    Queue queue{};
    size_t longest = 0;  ///< the queue, since librdkafka was last nudged to fill it
    Metric lag{};
  };
  /// Told where reading of a partition begins.
  using Opened = std::function<void(int32_t number, int64_t position)>;

  Membership(Context context, const Settings& settings, Consumer& consumer, StartLookup& lookup, CommitQueue& commits,
             Opened opened);

  void on_rebalance(rd_kafka_event_t* event);
  /// Without a group: the embedded log has no other readers, and joining would take it seconds.
  void take_all(int32_t partition_count);
  /// Opens what the lookup has answered for; an error is the operator's: the committed offset is gone.
  Result<void> open_found();
  /// The engine has drained and committed it.
  void released(uint32_t id);
  /// Reading stopped there, as its offset is no longer kept: to be looked up anew.
  void restart(Partition& partition);
  /// Before the consumer leaves the group, which waits for an answer to what it has reported.
  void give_up();
  /// Notices an assignment that was lost while it was being drained.
  void look_for_loss();

  std::vector<Partition>& partitions() { return partitions_; }
  const Partition* find(uint32_t id) const;
  Partition* find_number(int32_t number);
  bool is_draining() const { return is_revoking_; }
  bool was_ever_assigned() const { return was_ever_assigned_; }
  /// True once after each change of what is read.
  bool take_change() { return std::exchange(has_changed_, false); }

 private:
  void on_given(const rd_kafka_topic_partition_list_t& list);
  void add(int32_t number);
  void on_revoked(const rd_kafka_topic_partition_list_t& list);
  void lose(const std::vector<int32_t>& numbers);
  void finish_revoke();
  void let_go(const std::vector<int32_t>& numbers);
  void ask(Partition& partition, std::optional<int64_t> stood_at);
  Result<void> open(Partition& partition, const StartLookup::Answer& answer);

  Context context_;
  const Settings& settings_;
  Consumer& consumer_;
  StartLookup& lookup_;
  CommitQueue& commits_;
  Opened opened_;
  Metric rebalances_, lost_;
  std::vector<Partition> partitions_;
  uint64_t rounds_ = 0;
  bool is_revoking_ = false;
  bool was_ever_assigned_ = false;
  bool has_changed_ = false;
};

}  // namespace sluice::kafka
