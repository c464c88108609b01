// SPDX-License-Identifier: Apache-2.0
#include "commit_queue.hpp"

#include <algorithm>

#include "fault.hpp"

namespace sluice::kafka {
namespace {

/// Positions move with every batch downstream; the broker need not hear of each.
constexpr int64_t gather_ns = 20'000'000;
constexpr int64_t retry_ns = 100'000'000;
/// For what the engine did not ask for, and so will not ask for again.
constexpr int64_t slow_retry_ns = 1'000'000'000;
/// From the answer to a rebalance until a request to join would have been sent.
constexpr int64_t join_ns = 100'000'000;

/// The group is between two generations, or its coordinator between two brokers: asked again without a word.
bool passes_soon(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS || code == RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS ||
         code == RD_KAFKA_RESP_ERR_NOT_COORDINATOR;
}

/// librdkafka has forgotten its generation, so the group refuses every commit until the member has joined again.
bool is_past_generation(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION || code == RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID;
}

rd_kafka_resp_err_t code_of(const rd_kafka_topic_partition_list_t* list, rd_kafka_resp_err_t of_all, int32_t number) {
  for (int i = 0; list != nullptr && i < list->cnt; ++i) {
    if (list->elems[i].partition != number) continue;
    return list->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR ? list->elems[i].err : of_all;
  }
  return of_all;
}

}  // namespace

CommitQueue::CommitQueue(Context context, Consumer& consumer, Stored stored, Mark mark)
    : context_(context),
      consumer_(consumer),
      stored_(std::move(stored)),
      mark_(std::move(mark)),
      commits_(context.counter("commits_total", "Commits of offsets that the broker has stored, by request.")),
      failures_(context.counter("commit_failures_total", "Commits of offsets that the broker has refused.")) {}

void CommitQueue::want(uint32_t id, int32_t number, int64_t position, int64_t offset) {
  Item& item = waiting_.try_emplace(id, Item{id, number, position, offset}).first->second;
  item.position = position;
  item.offset = std::max(item.offset, offset);
}

void CommitQueue::want_offset(uint32_t id, int32_t number, int64_t offset) {
  Item& item = waiting_.try_emplace(id, Item{id, number, std::nullopt, offset}).first->second;
  item.offset = std::max(item.offset, offset);
}

void CommitQueue::forget(uint32_t id) {
  waiting_.erase(id);
  std::erase_if(on_their_way_, [&](const Item& item) { return item.id == id; });
}

int64_t CommitQueue::due_ns() const {
  return waiting_.empty() || is_on_its_way_ ? 0 : std::max<int64_t>({gather_until_ns_, retry_at_ns_, 1});
}

void CommitQueue::send(bool in_a_hurry) {
  if (waiting_.empty() || is_on_its_way_) return;
  const int64_t now_ns = context_.monotonic_ns();
  if (now_ns < retry_at_ns_ || (now_ns < gather_until_ns_ && !in_a_hurry)) return;
  if (consumer_.is_other_member()) saw_other_member_ = true;
  if (now_ns < join_until_ns_ || consumer_.group().is_joining() || saw_other_member_) {
    gather_until_ns_ = now_ns + gather_ns;
    return;
  }
  std::vector<Place> places;
  for (const auto& [id, item] : waiting_) {
    places.emplace_back(item.number, item.offset);
    on_their_way_.push_back(item);
  }
  waiting_.clear();
  gather_until_ns_ = now_ns + gather_ns;
  Result<void> sent = consumer_.commit(places, mark_());
  is_on_its_way_ = sent.ok();
  if (sent) return;
  for (const Item& item : std::exchange(on_their_way_, {})) fail(item, sent.error());
}

void CommitQueue::expect_join() {
  join_until_ns_ = context_.monotonic_ns() + join_ns;
  is_of_past_generation_ = false;
}

void CommitQueue::retry(const Item& item, int64_t pause_ns) {
  const auto [waiting, is_alone] = waiting_.emplace(item.id, item);
  if (!is_alone) {
    // A later offset waits already; the engine still wants to hear of its position.
    if (!waiting->second.position) waiting->second.position = item.position;
    waiting->second.offset = std::max(waiting->second.offset, item.offset);
  }
  retry_at_ns_ = context_.monotonic_ns() + pause_ns;
}

/// The engine asks again for what it asked for.
void CommitQueue::fail(const Item& item, const Error& why) {
  if (item.position) {
    context_.commit_failed(item.id, *item.position, why);
  } else {
    retry(item, slow_retry_ns);
  }
}

void CommitQueue::answer(const Item& item, rd_kafka_resp_err_t code) {
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
    is_of_past_generation_ = false;
    stored_(item.number, item.offset);
    if (item.position) context_.committed(item.id, *item.position);
    return;
  }
  failures_.add();
  if (passes_soon(code)) {
    retry(item, retry_ns);
    return;
  }
  // Outside of a revoke, librdkafka then reports the assignment as lost, or joins again and the next commit succeeds.
  // While it waits for the answer to a revoke it does neither: Membership gives up what is being drained.
  if (is_past_generation(code)) is_of_past_generation_ = true;
  const Error why = to_error(code, "cannot commit offset " + std::to_string(item.offset) + " of partition " +
                                       std::to_string(item.number) + " of topic \"" + consumer_.topic() + "\"");
  if (why.category == Category::operator_needed) context_.blocked(why.message);
  fail(item, why);
}

void CommitQueue::on_answer(rd_kafka_event_t* event) {
  const rd_kafka_topic_partition_list_t* list = rd_kafka_event_topic_partition_list(event);
  const rd_kafka_resp_err_t of_all = rd_kafka_event_error(event);
  is_on_its_way_ = false;
  if (of_all == RD_KAFKA_RESP_ERR_NO_ERROR) commits_.add();
  for (const Item& item : std::exchange(on_their_way_, {})) {
    // A request that failed as a whole may still have partitions that were stored.
    const rd_kafka_resp_err_t code = code_of(list, of_all, item.number);
    answer(item, code);
  }
}

}  // namespace sluice::kafka
