// SPDX-License-Identifier: Apache-2.0
#include "rebalance.hpp"

#include <algorithm>

namespace sluice::kafka {
namespace {

constexpr int64_t look_every_ns = 1'000'000'000;
constexpr auto silence = "and this member lost contact for too long";
constexpr auto past_generation = "refuses this member's commits, because it has begun a new assignment";

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

Membership::Partition* Membership::find(uint32_t id) {
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
  if (!partitions_.empty() && consumer_.is_other_member()) expel();
  consumer_.remember_member();
  // The group goes on at once; each partition is added when its start is known.
  if (Result<void> taken = consumer_.acknowledge_assignment(); !taken) {
    context_.warn(taken.error().message);
    return;
  }
  std::vector<StartLookup::Question> questions;
  for (Partition& partition : partitions_) {
    if (partition.phase != Phase::uncertain) continue;
    partition.phase = Phase::reading;
    questions.push_back(question_about(partition, std::nullopt));
  }
  for (const int32_t number : numbers_of(list)) {
    if (find_number(number) == nullptr) questions.push_back(add(number));
  }
  if (!questions.empty()) lookup_.ask(std::move(questions));
}

void Membership::take_all(int32_t partition_count) {
  was_ever_assigned_ = true;
  consumer_.remember_member();
  std::vector<StartLookup::Question> questions;
  for (int32_t number = 0; number < partition_count; ++number) questions.push_back(add(number));
  lookup_.ask(std::move(questions));
}

StartLookup::Question Membership::add(int32_t number) {
  Partition& made = partitions_.emplace_back();
  made.number = number;
  return question_about(made, std::nullopt);
}

StartLookup::Question Membership::question_about(Partition& partition, std::optional<int64_t> stood_at) {
  partition.round = ++rounds_;
  return {partition.number, partition.round, stood_at};
}

/// Answers that are still of use, with where to begin.
Result<std::vector<Membership::Found>> Membership::take_found() {
  std::vector<Found> found;
  for (const StartLookup::Answer& answer : lookup_.take()) {
    const Partition* partition = find_number(answer.question.partition);
    if (partition == nullptr || partition->round != answer.question.round || partition->is_assigned ||
        partition->phase != Phase::reading || consumer_.is_assignment_lost()) {
      continue;
    }
    Result<StartPosition> start = start_position(settings_, partition->number, answer.offsets);
    if (!start) return start.error();
    if (!start->note.empty()) context_.warn(start->note);
    found.push_back({answer.question, std::move(*start)});
  }
  return found;
}

Result<void> Membership::open_found() {
  Result<std::vector<Found>> found = take_found();
  if (!found) return found.error();
  if (found->empty()) return {};
  std::vector<Place> places;
  for (const Found& each : *found) {
    find_number(each.question.partition)->queue = consumer_.queue_of(each.question.partition);
    places.emplace_back(each.question.partition, each.start.offset);
  }
  if (Result<void> assigned = consumer_.assign(places); !assigned) {
    context_.warn(assigned.error().message);
    std::vector<StartLookup::Question> again;
    for (const Found& each : *found) {
      again.push_back(question_about(*find_number(each.question.partition), each.question.stood_at));
    }
    lookup_.ask(std::move(again));
    return {};
  }
  for (const Found& each : *found) open(*find_number(each.question.partition), each);
  tell_left_out(*found);
  has_changed_ = true;
  return {};
}

void Membership::open(Partition& partition, const Found& found) {
  const int64_t offset = found.start.offset;
  partition.is_assigned = true;
  partition.why.reset();
  partition.came_ns = GroupWatch::now_ns();
  // Positions of the engine never go back: what begins anew before them needs an account of its own.
  if (partition.id != SLUICE_NO_PARTITION && offset < partition.next) {
    commits_.forget(partition.id);
    context_.lose_partition(std::exchange(partition.id, SLUICE_NO_PARTITION));
  }
  partition.next = offset;
  partition.emitted = offset;
  if (partition.id == SLUICE_NO_PARTITION) {
    partition.asked = offset;
    partition.id = context_.open_partition(std::to_string(partition.number), offset);
  }
  opened_(partition.number, offset);
  if (found.start.must_be_kept) commits_.want_offset(partition.id, partition.number, offset);
}

void Membership::tell_left_out(const std::vector<Found>& found) const {
  int64_t offsets = 0;
  std::vector<int32_t> numbers;
  for (const Found& each : found) {
    if (each.start.left_out == 0) continue;
    offsets += each.start.left_out;
    numbers.push_back(each.question.partition);
  }
  if (numbers.empty()) return;
  context_.info("group \"" + settings_.group + "\" begins at the end of topic \"" + settings_.topic +
                "\" (start: latest) and skips " + std::to_string(offsets) + " offsets of " +
                (numbers.size() == 1 ? "partition " + std::to_string(numbers.front())
                                     : std::to_string(numbers.size()) + " partitions"));
}

void Membership::restart(Partition& partition) {
  if (!partition.is_assigned || partition.phase != Phase::reading) return;
  if (Result<void> gone = consumer_.unassign({partition.number}); !gone) {
    context_.warn(gone.error().message);
    return;
  }
  partition.is_assigned = false;
  partition.queue.reset();
  lookup_.ask({question_about(partition, partition.next)});
}

void Membership::on_revoked(const rd_kafka_topic_partition_list_t& list) {
  const std::vector<int32_t> numbers = numbers_of(list);
  if (consumer_.is_assignment_lost()) return lose(numbers, silence);
  if (consumer_.is_other_member()) {
    expel();
    return let_go(numbers);
  }
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
  const bool is_drained = std::none_of(partitions_.begin(), partitions_.end(),
                                       [](const Partition& partition) { return partition.phase == Phase::revoking; });
  if (is_drained) let_go(leaving());
}

std::vector<int32_t> Membership::leaving() const {
  std::vector<int32_t> numbers;
  for (const Partition& partition : partitions_) {
    const bool leaves = partition.phase == Phase::revoking || partition.phase == Phase::released;
    if (leaves) numbers.push_back(partition.number);
  }
  return numbers;
}

bool Membership::is_reading() const {
  return std::all_of(partitions_.begin(), partitions_.end(),
                     [](const Partition& partition) { return partition.is_assigned; });
}

void Membership::give_up() {
  if (waits_to_rejoin()) rejoin();
  if (is_revoking_) let_go(leaving());
}

void Membership::look_for_loss() {
  if (is_revoking_ && consumer_.is_assignment_lost()) return lose(leaving(), silence);
  const bool is_refused = is_revoking_ && commits_.is_of_past_generation();
  bool is_other = commits_.take_other_member();
  const int64_t now_ns = context_.monotonic_ns();
  if (!is_other && (is_refused || now_ns >= look_at_ns_)) {
    look_at_ns_ = now_ns + look_every_ns;
    is_other = !partitions_.empty() && consumer_.is_other_member();
  }
  // A loss that librdkafka knows of comes as an event.
  if (is_other && !consumer_.is_assignment_lost() && !waits_to_rejoin()) return expel();
  // Nothing can be committed before this member joins again, and that waits for the answer to the revoke.
  if (is_refused) lose(leaving(), past_generation);
}

void Membership::lose(Partition& partition) {
  if (partition.id == SLUICE_NO_PARTITION) return;
  commits_.forget(partition.id);
  context_.lose_partition(std::exchange(partition.id, SLUICE_NO_PARTITION));
  lost_.add();
}

void Membership::warn_of_loss(size_t count, const std::string& why) const {
  if (count == 0) return;
  context_.warn("group \"" + settings_.group + "\" " + why + ", so " + std::to_string(count) +
                (count == 1 ? " partition" : " partitions") + " of topic \"" + settings_.topic +
                "\" may belong to another member now; the records that were not committed are read again");
}

void Membership::lose(const std::vector<int32_t>& numbers, const std::string& why) {
  size_t count = 0;
  for (const int32_t number : numbers) {
    Partition* partition = find_number(number);
    if (partition == nullptr) continue;
    if (partition->phase != Phase::uncertain) ++count;  // otherwise that was said
    lose(*partition);
    partition->phase = Phase::released;
  }
  warn_of_loss(count, why);
  if (consumer_.instance().empty() || numbers.empty()) return let_go(numbers);
  withheld_ = numbers;
  is_revoking_ = false;
}

void Membership::rejoin() { let_go(std::exchange(withheld_, {})); }

void Membership::lose_all() {
  for (Partition& partition : partitions_) {
    lose(partition);
    context_.lag(std::to_string(partition.number), 0);
  }
  partitions_.clear();
  withheld_.clear();
  is_revoking_ = false;
  has_changed_ = true;
}

/// The group has put this member out and taken it in again by another id, and librdkafka goes on as if nothing had
/// been: what was given to the old id may have been another's in between.
void Membership::expel() {
  std::vector<int32_t> assigned;
  size_t count = 0;
  for (Partition& partition : partitions_) {
    if (partition.phase == Phase::uncertain) continue;
    ++count;
    lose(partition);
    if (partition.is_assigned) assigned.push_back(partition.number);
    partition.is_assigned = false;
    partition.queue.reset();
    context_.lag(std::to_string(partition.number), 0);
    partition.round = ++rounds_;
    if (partition.phase == Phase::reading) partition.phase = Phase::uncertain;
  }
  if (count == 0 && !is_revoking_) return;
  warn_of_loss(count, silence);
  commits_.expect_join();
  // Also the answer that the group may wait for.
  if (Result<void> gone = consumer_.unassign(assigned); !gone) context_.warn(gone.error().message);
  std::erase_if(partitions_, [](const Partition& partition) { return partition.phase != Phase::uncertain; });
  is_revoking_ = false;
  has_changed_ = true;
}

void Membership::let_go(const std::vector<int32_t>& numbers) {
  is_revoking_ = false;
  std::vector<int32_t> assigned;
  for (const int32_t number : numbers) {
    Partition* partition = find_number(number);
    if (partition == nullptr) continue;
    if (partition->is_assigned) assigned.push_back(number);
    context_.lag(std::to_string(number), 0);
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
