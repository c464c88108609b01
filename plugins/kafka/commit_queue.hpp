// SPDX-License-Identifier: Apache-2.0
// The commits of one member: at most one request on its way, and what is asked meanwhile waits together, the last
// position of each partition. Nothing counts as committed before the broker says so. While the group rebalances nothing
// is sent, as the broker would take the answer for one of a past generation and the whole assignment for lost. Stage
// thread only; never waits.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "output_consumer.hpp"
#include "sluice/context.hpp"

namespace sluice::kafka {

class CommitQueue {
 public:
  /// Told of each position that the broker has stored.
  using Stored = std::function<void(int32_t number, int64_t position)>;

  CommitQueue(Context context, Consumer& consumer, Stored stored);

  /// `id` is the engine's name of this assignment, `number` the partition's in the topic.
  void want(uint32_t id, int32_t number, int64_t position);
  /// The assignment is over: what waits for it is dropped, and an answer on its way is ignored.
  void forget(uint32_t id);
  /// Sends what waits when nothing is on its way; `in_a_hurry`: without gathering for a moment first.
  void send(bool in_a_hurry);
  void on_answer(rd_kafka_event_t* event);
  /// An answer to a rebalance was given: the member may be about to join again, which is not to be seen yet.
  void expect_join();
  /// Monotonic: when send has something to do again; 0: nothing waits, or an answer comes first.
  int64_t due_ns() const;

 private:
  struct Item {
    uint32_t id;
    int32_t number;
    int64_t position;
  };
  void answer(const Item& item, rd_kafka_resp_err_t code);
  void retry(const Item& item);

  Context context_;
  Consumer& consumer_;
  Stored stored_;
  Metric commits_, failures_;
  std::map<uint32_t, Item> waiting_;
  bool is_on_its_way_ = false;  ///< a request; its items but for those that were forgotten are
  std::vector<Item> on_their_way_;
  int64_t not_before_ns_ = 0;
  int64_t join_until_ns_ = 0;
};

}  // namespace sluice::kafka
