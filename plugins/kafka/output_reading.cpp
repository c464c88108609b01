// SPDX-License-Identifier: Apache-2.0
// How the output half takes records out of librdkafka's queues and emits them.
#include <algorithm>

#include "fault.hpp"
#include "output.hpp"

namespace sluice::kafka {
namespace {

/// Positions move by whole batches: what a crash repeats grows with them, and what a record costs hardly shrinks.
constexpr uint64_t batch_records = 128;
constexpr uint64_t batch_bytes = uint64_t{1} << 20;
constexpr size_t worth_a_nudge = 1024;  ///< records, where there is room for many more

bool is_out_of_range(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE || code == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET;
}

}  // namespace

/// Serves the partitions in turn until the credit is used up or nothing is left; says whether anything was emitted.
Result<bool> Output::emit(const Credit& credit) {
  std::vector<Partition>& partitions = membership_->partitions();
  Credit left = credit;
  bool any = false;
  size_t idle = 0;
  while (idle < partitions.size() && left.records != 0 && left.bytes != 0) {
    Partition& partition = partitions[turn_++ % partitions.size()];
    ++idle;
    if (!partition.is_assigned || partition.phase != Membership::Phase::reading) continue;
    if (Result<void> done = fetch(partition, std::min(left.records, batch_records), std::min(left.bytes, batch_bytes));
        !done) {
      return done.error();
    }
    const size_t taken = fetched_.size();
    if (taken != 0) {
      left.records -= taken;
      left.bytes -= std::min(left.bytes, fetched_bytes_);
      emit_fetched(partition);
      ask_for_more(partition, taken, fetched_bytes_ / taken);
      any = true;
      idle = 0;
    }
    if (std::exchange(must_restart_, false)) membership_->restart(partition);
  }
  return any;
}

/// In runs of records and of tombstones where these go another way.
void Output::emit_fetched(Partition& partition) {
  const std::span<const Fetched> all(fetched_);
  const bool parts = settings_.tombstones != Tombstones::record;
  for (size_t begin = 0; begin < all.size();) {
    const bool are_tombstones = parts && all[begin].is_tombstone();
    size_t end = begin + 1;
    while (end < all.size() && (parts && all[end].is_tombstone()) == are_tombstones) ++end;
    const std::span<const Fetched> run = all.subspan(begin, end - begin);
    partition.emitted = run.back().message->offset + 1;
    Batch batch = maker_->make(run);
    if (are_tombstones) {
      context_.begin(batch, partition.id, partition.emitted);
      settle_tombstones(std::move(batch));
    } else {
      context_.emit(0, std::move(batch), partition.id, partition.emitted);
    }
    begin = end;
  }
  fetched_.clear();
}

void Output::settle_tombstones(Batch batch) const {
  if (settings_.tombstones == Tombstones::discard) {
    std::move(batch).discard("tombstone");
  } else {
    std::move(batch).fail(permanent(
        "it has no value: a tombstone, which says that its key was deleted (tombstones: dead_letter)", "tombstone"));
  }
}

/// Takes from the partition's queue what is there, in order and without repeats, into fetched_.
Result<void> Output::fetch(Partition& partition, uint64_t records, uint64_t bytes) {
  fetched_bytes_ = 0;
  while (fetched_.size() < records && fetched_bytes_ < bytes) {
    Event event(rd_kafka_queue_poll(partition.queue.get(), 0));
    if (event == nullptr) break;
    if (rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_ERROR) {
      if (rd_kafka_event_error(event.get()) == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        on_read_through(partition, event.get());
        continue;
      }
      on_fetch_error(partition, event.get());
      break;
    }
    const rd_kafka_message_t* message = rd_kafka_event_message_next(event.get());
    // After a pause librdkafka may begin a little before where it was.
    if (message == nullptr || message->err != RD_KAFKA_RESP_ERR_NO_ERROR || message->offset < partition.next) continue;
    partition.next = message->offset + 1;
    fetched_bytes_ += message->len;
    fetched_.push_back({std::move(event), message});
  }
  if (!fetched_.empty()) {
    partition.came_ns = GroupWatch::now_ns();
    partition.why.reset();
  }
  return {};
}

/// All is read up to this offset. Before it may lie some that hold no records for anybody: marks of transactions, and
/// what was written in those that were aborted.
void Output::on_read_through(Partition& partition, rd_kafka_event_t* event) {
  rd_kafka_topic_partition_t* place = rd_kafka_event_topic_partition(event);
  const int64_t offset = place == nullptr ? RD_KAFKA_OFFSET_INVALID : place->offset;
  if (place != nullptr) rd_kafka_topic_partition_destroy(place);
  partition.came_ns = GroupWatch::now_ns();
  partition.why.reset();
  if (offset <= partition.next) return;
  partition.next = offset;
  // With nothing on its way, the engine will not ask for a commit.
  const bool is_settled = fetched_.empty() && partition.asked == partition.emitted;
  if (is_settled) commits_->want_offset(partition.id, partition.number, partition.next);
}

/// With many partitions, or large records, few records fill a queue.
bool Output::may_have_been_full(size_t records, uint64_t record_bytes) const {
  const int64_t count = std::max(partition_count_, 1);
  const auto most = static_cast<size_t>(ahead_records_of_each(count));
  const auto most_bytes = static_cast<uint64_t>(ahead_kib_of_each(count)) * 1024;
  return records >= std::min(worth_a_nudge, most / 2) || records * record_bytes >= most_bytes / 2;
}

/// A queue that was full is filled again long before it is empty.
void Output::ask_for_more(Partition& partition, size_t taken, uint64_t record_bytes) {
  const size_t length = rd_kafka_queue_length(partition.queue.get());
  partition.longest = std::max(partition.longest, length + taken);
  if (length >= partition.longest / 2 || !may_have_been_full(partition.longest, record_bytes)) return;
  partition.longest = length;
  nudge_->nudge(partition.number);
}

void Output::on_fetch_error(Partition& partition, rd_kafka_event_t* event) {
  const rd_kafka_resp_err_t code = rd_kafka_event_error(event);
  if (is_out_of_range(code)) {
    must_restart_ = true;
    return;
  }
  const char* text = rd_kafka_event_error_string(event);
  partition.why = to_error(code,
                           "cannot read partition " + std::to_string(partition.number) + " of topic \"" +
                               settings_.topic + "\" at offset " + std::to_string(partition.next),
                           text == nullptr ? "" : text);
}

}  // namespace sluice::kafka
