// SPDX-License-Identifier: Apache-2.0
#include "rebalance.hpp"

#include <algorithm>

namespace sluice::kafka {
namespace {

std::vector<int32_t> numbers_of(const rd_kafka_topic_partition_list_t& list) {
  std::vector<int32_t> numbers;
  for (int i = 0; i < list.cnt; ++i) numbers.push_back(list.elems[i].partition);
  return numbers;
}

}  // namespace

Membership::Membership(Context context, const Settings& settings, Consumer& consumer, StartLookup& lookup,
                       CommitQueue& commits, Opened opened)
    : context_(context),
      settings_(settings),
      consumer_(consumer),
      lookup_(lookup),
      commits_(commits),
      opened_(std::move(opened)),
      rebalances_(context.counter("rebalances_total", "Changes of this member's partitions.")),
      lost_(context.counter("lost_partitions_total",
                            "Partitions that the group gave to others without waiting for this member.")) {}

const Membership::Partition* Membership::find(uint32_t id) const {
  const auto found = std::find_if(partitions_.begin(), partitions_.end(),
                                  [&](const Partition& partition) { return partition.id == id; });
  return found == partitions_.end() ? nullptr : &*found;
}

Membership::Partition* Membership::find_number(int32_t number) {
  const auto found = std::find_if(partitions_.begin(), partitions_.end(),
                                  [&](const Partition& partition) { return partition.number == number; });
  return found == partitions_.end() ? nullptr : &*found;
}

void Membership::on_rebalance(rd_kafka_event_t* event) {
  const rd_kafka_topic_partition_list_t* list = rd_kafka_event_topic_partition_list(event);
  if (list->cnt > 0) rebalances_.add();
  if (rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    on_given(*list);
  } else {
    on_revoked(*list);
  }
  has_changed_ = true;
}

void Membership::on_given(const rd_kafka_topic_partition_list_t& list) {
  was_ever_assigned_ = true;
  commits_.expect_join();
  // The group goes on at once; each partition is added when its start is known.
  if (Result<void> taken = consumer_.acknowledge_assignment(); !taken) {
    context_.warn(taken.error().message);
    return;
  }
  for (const int32_t number : numbers_of(list)) {
    if (find_number(number) == nullptr) add(number);
  }
}

void Membership::take_all(int32_t partition_count) {
  was_ever_assigned_ = true;
  for (int32_t number = 0; number < partition_count; ++number) add(number);
}

void Membership::add(int32_t number) {
  Partition& made = partitions_.emplace_back();
  made.number = number;
  made.lag = context_.gauge("lag_records{partition=\"" + std::to_string(number) + "\"}",
                            "Records of the topic that this group has not been given yet.");
  ask(made, std::nullopt);
}

void Membership::ask(Partition& partition, std::optional<int64_t> stood_at) {
  partition.round = ++rounds_;
  lookup_.ask({{partition.number, partition.round, stood_at}});
}

Result<void> Membership::open_found() {
  for (const StartLookup::Answer& answer : lookup_.take()) {
    Partition* partition = find_number(answer.question.partition);
    if (partition == nullptr || partition->round != answer.question.round || partition->is_assigned ||
        partition->phase != Phase::reading || consumer_.is_assignment_lost()) {
      continue;
    }
    if (Result<void> opened = open(*partition, answer); !opened) return opened;
    has_changed_ = true;
  }
  return {};
}

Result<void> Membership::open(Partition& partition, const StartLookup::Answer& answer) {
  Result<StartPosition> start = start_position(settings_, partition.number, answer.offsets);
  if (!start) return start.error();
  if (!start->note.empty()) context_.warn(start->note);
  partition.queue = consumer_.queue_of(partition.number);
  if (Result<void> assigned = consumer_.assign(partition.number, start->offset); !assigned) {
    context_.warn(assigned.error().message);
    ask(partition, answer.question.stood_at);
    return {};
  }
  partition.is_assigned = true;
  // Positions of the engine never go back: what begins anew before them needs an account of its own.
  if (partition.id != SLUICE_NO_PARTITION && start->offset < partition.next) {
    commits_.forget(partition.id);
    context_.lose_partition(std::exchange(partition.id, SLUICE_NO_PARTITION));
  }
  partition.next = start->offset;
  if (partition.id == SLUICE_NO_PARTITION) {
    partition.id = context_.open_partition(std::to_string(partition.number), start->offset);
  }
  opened_(partition.number, start->offset);
  return {};
}

void Membership::restart(Partition& partition) {
  if (!partition.is_assigned || partition.phase != Phase::reading) return;
  if (Result<void> gone = consumer_.unassign({partition.number}); !gone) {
    context_.warn(gone.error().message);
    return;
  }
  partition.is_assigned = false;
  partition.queue.reset();
  ask(partition, partition.next);
}

void Membership::on_revoked(const rd_kafka_topic_partition_list_t& list) {
  const std::vector<int32_t> numbers = numbers_of(list);
  if (consumer_.is_assignment_lost()) return lose(numbers);
  is_revoking_ = true;
  for (const int32_t number : numbers) {
    Partition* partition = find_number(number);
    if (partition == nullptr) continue;
    partition->phase = partition->id == SLUICE_NO_PARTITION ? Phase::released : Phase::revoking;
    if (partition->phase == Phase::revoking) context_.revoke_partition(partition->id);
  }
  finish_revoke();
}

void Membership::released(uint32_t id) {
  for (Partition& partition : partitions_) {
    if (partition.id == id) partition.phase = Phase::released;
  }
  commits_.forget(id);
  finish_revoke();
}

void Membership::finish_revoke() {
  if (!is_revoking_) return;
  std::vector<int32_t> numbers;
  for (const Partition& partition : partitions_) {
    if (partition.phase == Phase::revoking) return;
    if (partition.phase == Phase::released) numbers.push_back(partition.number);
  }
  let_go(numbers);
}

void Membership::give_up() {
  if (!is_revoking_) return;
  std::vector<int32_t> numbers;
  for (const Partition& partition : partitions_) {
    if (partition.phase != Phase::reading) numbers.push_back(partition.number);
  }
  let_go(numbers);
}

void Membership::look_for_loss() {
  if (!is_revoking_ || !consumer_.is_assignment_lost()) return;
  std::vector<int32_t> numbers;
  for (const Partition& partition : partitions_) {
    if (partition.phase != Phase::reading) numbers.push_back(partition.number);
  }
  lose(numbers);
}

void Membership::lose(const std::vector<int32_t>& numbers) {
  for (const int32_t number : numbers) {
    const Partition* partition = find_number(number);
    if (partition == nullptr || partition->id == SLUICE_NO_PARTITION) continue;
    commits_.forget(partition->id);
    context_.lose_partition(partition->id);
    lost_.add();
  }
  if (!numbers.empty()) {
    context_.warn("group \"" + settings_.group + "\" and this member have not heard of each other for too long, so " +
                  std::to_string(numbers.size()) + (numbers.size() == 1 ? " partition" : " partitions") +
                  " of topic \"" + settings_.topic +
                  "\" may be another member's now; what was read and not committed is read again");
  }
  let_go(numbers);
}

void Membership::let_go(const std::vector<int32_t>& numbers) {
  is_revoking_ = false;
  std::vector<int32_t> assigned;
  for (const int32_t number : numbers) {
    Partition* partition = find_number(number);
    if (partition == nullptr) continue;
    if (partition->is_assigned) assigned.push_back(number);
    partition->lag.set(0);
  }
  commits_.expect_join();
  // Also with nothing to give back: the group waits for the word.
  if (Result<void> gone = consumer_.unassign(assigned); !gone) context_.warn(gone.error().message);
  std::erase_if(partitions_, [&](const Partition& partition) {
    return std::find(numbers.begin(), numbers.end(), partition.number) != numbers.end();
  });
  has_changed_ = true;
}

}  // namespace sluice::kafka
