// SPDX-License-Identifier: Apache-2.0
// The commits of one member: at most one request on its way, and what is asked meanwhile waits together, the last
// position of each partition. Nothing counts as committed before the broker says so. Nothing is sent while the group
// rebalances, as the broker would take the answer for one of a past generation and the whole assignment for lost, and
// nothing once the group knows the member by another id: what it had is another's. Stage thread only; never waits.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "output_consumer.hpp"
#include "sluice/context.hpp"

namespace sluice::kafka {

class CommitQueue {
 public:
  /// Told of each offset that the broker has stored.
  using Stored = std::function<void(int32_t number, int64_t offset)>;
  /// What every commit says besides.
  using Mark = std::function<std::string()>;

  CommitQueue(Context context, Consumer& consumer, Stored stored, Mark mark);

  /// The engine asks for `position`; `offset` is what is stored for it: the same, or behind offsets that hold no
  /// records. `id` is the engine's name of this assignment, `number` the partition's in the topic.
  void want(uint32_t id, int32_t number, int64_t position, int64_t offset);
  /// Stores an offset that the engine did not ask for, and does not hear of.
  void want_offset(uint32_t id, int32_t number, int64_t offset);
  /// The assignment is over: what waits for it is dropped, and an answer on its way is ignored.
  void forget(uint32_t id);
  /// Sends what waits when nothing is on its way; `in_a_hurry`: without gathering for a moment first. What was
  /// refused waits for its pause in any case.
  void send(bool in_a_hurry);
  void on_answer(rd_kafka_event_t* event);
  /// An answer to a rebalance was given: the member may be about to join again, which is not to be seen yet.
  void expect_join();
  /// True once after the group was found to know the member by another id.
  bool take_other_member() { return std::exchange(saw_other_member_, false); }
  /// The group has refused a commit as one of a past generation: it takes none before the member has joined again.
  bool is_of_past_generation() const { return is_of_past_generation_; }
  /// Monotonic: when send has something to do again; 0: nothing waits, or an answer comes first.
  int64_t due_ns() const;

 private:
  struct Item {
    uint32_t id;
    int32_t number;
    std::optional<int64_t> position;  ///< nothing: the engine did not ask
    int64_t offset;
  };
  void answer(const Item& item, rd_kafka_resp_err_t code);
  void fail(const Item& item, const Error& why);
  void retry(const Item& item, int64_t pause_ns);

  Context context_;
  Consumer& consumer_;
  Stored stored_;
  Mark mark_;
  Metric commits_, failures_;
  std::map<uint32_t, Item> waiting_;
  bool saw_other_member_ = false;
  bool is_of_past_generation_ = false;
  bool is_on_its_way_ = false;  ///< a request; its items but for those that were forgotten are
  std::vector<Item> on_their_way_;
  int64_t gather_until_ns_ = 0;
  int64_t retry_at_ns_ = 0;  ///< after a refusal; no hurry is ahead of it
  int64_t join_until_ns_ = 0;
};

}  // namespace sluice::kafka
