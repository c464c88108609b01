// SPDX-License-Identifier: Apache-2.0
// Which partitions this member of the group has, and what becomes of them when the group rebalances: given ones are
// looked up and then assigned, all together; revoked ones are only reported, and go when the engine has drained and
// committed them; lost ones go at once, and what is still unsettled of them is another member's. A member that the
// group has expelled and taken in again has lost everything, whatever librdkafka says. Cooperative: what is not moved
// is read on. Stage thread only; never waits for the cluster.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "commit_queue.hpp"
#include "output_consumer.hpp"
#include "sluice/context.hpp"
#include "start_lookup.hpp"

namespace sluice::kafka {

class Membership {
 public:
  enum class Phase : uint8_t {
    reading,    ///< or to be read as soon as its start is known
    revoking,   ///< the engine drains it
    released,   ///< it has, and waits for the others that go with it
    uncertain,  ///< it was lost; the group's next assignment says whether it is this member's again
  };
  struct Partition {
    int32_t number = 0;
    uint32_t id = SLUICE_NO_PARTITION;  ///< the engine's, once it is open
    Phase phase = Phase::reading;
    bool is_assigned = false;  ///< librdkafka reads it
    uint64_t round = 0;        ///< of the lookup whose answer counts
    int64_t emitted = 0;       ///< offset behind the last record that was emitted, or the start
    int64_t next = 0;          ///< how far reading has come: as emitted, or behind offsets that hold no records
    int64_t asked = 0;         ///< the position that the engine last asked to commit, or the start
    int64_t came_ns = 0;  ///< GroupWatch's clock: when something last came from it, be it the word that all is read
    std::optional<Error> why{};  ///< why nothing comes from it, as its broker says
    Queue queue{};
    size_t longest = 0;  ///< the queue, since librdkafka was last nudged to fill it
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
  /// Notices an assignment that was lost while it was being drained, or whose commits are refused, and that the group
  /// has expelled this member.
  void look_for_loss();
  /// The client has ended for good: nothing of its partitions can be committed any more.
  void lose_all();

  /// A static member that was lost does not join again, under the name that may be another process's now, before
  /// somebody has looked: true until rejoin() is called.
  bool waits_to_rejoin() const { return !withheld_.empty(); }
  void rejoin();

  std::vector<Partition>& partitions() { return partitions_; }
  const std::vector<Partition>& partitions() const { return partitions_; }
  Partition* find(uint32_t id);
  Partition* find_number(int32_t number);
  bool is_draining() const { return is_revoking_; }
  bool was_ever_assigned() const { return was_ever_assigned_; }
  /// Everything that the group has given to this member is read.
  bool is_reading() const;
  /// True once after each change of what is read.
  bool take_change() { return std::exchange(has_changed_, false); }

 private:
  void on_given(const rd_kafka_topic_partition_list_t& list);
  void on_revoked(const rd_kafka_topic_partition_list_t& list);
  StartLookup::Question add(int32_t number);
  StartLookup::Question question_about(Partition& partition, std::optional<int64_t> stood_at);
  void lose(const std::vector<int32_t>& numbers, const std::string& why);
  void lose(Partition& partition);
  void expel();
  void warn_of_loss(size_t count, const std::string& why) const;
  std::vector<int32_t> leaving() const;
  void finish_revoke();
  void let_go(const std::vector<int32_t>& numbers);
  struct Found {
    StartLookup::Question question;
    StartPosition start;
  };
  Result<std::vector<Found>> take_found();
  void open(Partition& partition, const Found& found);
  void tell_left_out(const std::vector<Found>& found) const;

  Context context_;
  const Settings& settings_;
  Consumer& consumer_;
  StartLookup& lookup_;
  CommitQueue& commits_;
  Opened opened_;
  Metric rebalances_, lost_;
  std::vector<Partition> partitions_;
  std::vector<int32_t> withheld_;  ///< lost, and not yet given back
  uint64_t rounds_ = 0;
  int64_t look_at_ns_ = 0;
  bool is_revoking_ = false;
  bool was_ever_assigned_ = false;
  bool has_changed_ = false;
};

}  // namespace sluice::kafka
