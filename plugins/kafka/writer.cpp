// SPDX-License-Identifier: Apache-2.0
// The paths that every record takes: in from the stage, on to librdkafka, and back by its delivery report.
#include "writer.hpp"

#include <algorithm>

#include "fault.hpp"
#include "group_watch.hpp"

namespace sluice::kafka {
namespace {

constexpr std::chrono::milliseconds first_retry{250};
constexpr std::chrono::milliseconds longest_retry{5000};
constexpr std::chrono::milliseconds longest_retry_of_a_person{30'000};

}  // namespace

Writer::Writer(Context context, Settings settings, std::shared_ptr<Embedded> embedded,
               std::shared_ptr<EmbeddedTopic> embedded_topic, std::optional<Topic> topic,
               std::shared_ptr<WriteLock> lock)
    : context_(context),
      settings_(std::move(settings)),
      embedded_(std::move(embedded)),
      embedded_topic_(std::move(embedded_topic)),
      lock_(std::move(lock)),
      maker_(context, settings_, embedded_topic_ == nullptr ? 0 : embedded_topic_->partition_count()),
      flights_(static_cast<size_t>(settings_.max_in_flight)),
      status_(context),
      others_(context, settings_),
      delivered_(context.counter("acknowledged_total", "Records that the cluster has acknowledged.")),
      errors_(
          context.counter("delivery_errors_total", "Records that came back unsent or refused, also if sent later.")),
      recoveries_(
          context.counter("producer_recoveries_total", "Times that unsent records were taken back and resent.")),
      maybe_repeated_(context.counter("maybe_repeated_total",
                                      "Records sent again of which the cluster may have kept the first one, too.")),
      queued_(context.gauge("queued_records", "Records with librdkafka that are not yet acknowledged.")),
      topic_(std::move(topic)),
      backoff_(first_retry, longest_retry),
      person_backoff_(first_retry, longest_retry_of_a_person) {}

void Writer::write(Batch batch) {
  {
    const std::lock_guard lock(mutex_);
    if (direct_ && may_write()) {
      const std::optional<uint32_t> slot = flights_.take(batch);
      if (slot && send_all(*slot) == Sent::yes) return;
      if (slot) backlog_.push_back(*slot);
    }
    if (batch) waiting_.push_back(std::move(batch));
    withdraw_credit();
  }
  wake();
}

/// With the mutex held: from here on the writer's thread produces.
void Writer::withdraw_credit() {
  direct_ = false;
  if (!is_held_) context_.hold(true);
  is_held_ = true;
}

Writer::Sent Writer::send(uint32_t slot, uint32_t index) {
  Flight& flight = flights_[slot];
  const Record record = flight.batch[index];
  const std::optional<int32_t> partition = maker_.partition_of(record);
  if (!partition) {
    flight.refused_here.push_back({index, maker_.key_error(record)});
    return Sent::refused;
  }
  uint64_t bytes = 0;
  if (embedded_topic_ != nullptr) {
    bytes = maker_.bytes_of(record) + EmbeddedTopic::record_overhead_bytes;
    if (!embedded_topic_->reserve(*partition, bytes)) return Sent::full;
  }
  const auto produce = [&] {
    return maker_.produce(producer_->client(), producer_->topic(), record, *partition,
                          FlightTable::opaque(slot, index));
  };
  rd_kafka_resp_err_t code = produce();
  // Another thread may have taken the last report meanwhile; with nothing in the queue, the second answer is about this
  // record alone.
  if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL && producer_->waiting() == 0) code = produce();
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return Sent::yes;
  if (embedded_topic_ != nullptr) embedded_topic_->give_back(*partition, bytes);
  if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
    if (producer_->waiting() > 0) return Sent::full;
    // Nothing will make room for it.
    flight.refused_here.push_back(
        {index,
         permanent("topic \"" + settings_.topic + "\": this record of " + std::to_string(record.payload().size()) +
                       " bytes is larger than all that may wait for the cluster; raise "
                       "queue.buffering.max.kbytes in `options:`",
                   "MSG_SIZE_TOO_LARGE")});
    return Sent::refused;
  }
  if (category_of(code) == Category::permanent) {
    flight.refused_here.push_back(refusal(code, slot, index));
    return Sent::refused;
  }
  // One that broke has a reason of its own, which its delivery reports bring.
  if (!producer_->is_broken()) breakage_ = to_error(code, "cannot write to topic \"" + settings_.topic + "\"");
  is_broken_ = true;
  return Sent::broken;
}

/// What failed before, then what was not tried yet. Yes: all of it is on its way, or refused.
Writer::Sent Writer::send_all(uint32_t slot) {
  Flight& flight = flights_[slot];
  const auto again = static_cast<uint32_t>(flight.failed.size());
  const uint32_t size = flight.batch.size();
  const uint32_t planned = again + size - flight.next;
  flight.open.fetch_add(planned + 1, std::memory_order_relaxed);
  uint32_t sent = 0;
  uint32_t redone = 0;
  Sent last = Sent::yes;
  while (redone < again || flight.next < size) {
    const bool is_again = redone < again;
    last = send(slot, is_again ? flight.failed[redone].record : flight.next);
    if (last == Sent::full || last == Sent::broken) break;
    if (last == Sent::yes) ++sent;
    ++(is_again ? redone : flight.next);
  }
  if (redone > 0) flight.failed.erase(flight.failed.begin(), flight.failed.begin() + redone);
  const bool is_whole = redone == again && flight.next == size;
  land(slot, planned - sent + 1);
  return is_whole ? Sent::yes : last;
}

/// So many records of the flight are no longer open.
void Writer::land(uint32_t slot, uint32_t count) {
  Flight& flight = flights_[slot];
  if (flight.open.fetch_sub(count, std::memory_order_acq_rel) == count && flight.is_done()) settle(slot);
}

void Writer::settle(uint32_t slot) {
  Flight& flight = flights_[slot];
  std::vector<Refused> refused = std::move(flight.refused);
  std::move(flight.refused_here.begin(), flight.refused_here.end(), std::back_inserter(refused));
  const Taken taken = embedded_ == nullptr ? Taken::delivered : Taken::accepted;
  settle_refusing(flights_.release(slot), std::move(refused), taken);
}

void Writer::on_delivery(const rd_kafka_message_t& message) {
  const uint32_t slot = FlightTable::slot_of(message._private);
  const uint32_t record = FlightTable::record_of(message._private);
  if (run_ > 0 && slot != run_slot_) flush_run();
  run_slot_ = slot;
  if (embedded_topic_ != nullptr) {
    const uint64_t bytes = maker_.bytes_of(flights_[slot].batch[record]) + EmbeddedTopic::record_overhead_bytes;
    if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      embedded_topic_->stored(message.partition, message.offset, bytes);
    } else {
      embedded_topic_->give_back(message.partition, bytes);
    }
  }
  if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    ++run_delivered_;
    others_.stored(message.partition, message.offset);
  } else {
    failed(message, slot, record);
  }
  ++run_;
}

/// Counting delivery reports by runs of one batch spares an atomic operation a record.
void Writer::flush_run() {
  if (run_delivered_ > 0) {
    delivered_.add(run_delivered_);
    run_delivered_ = 0;
    all_refused_since_ms_ = 0;
    for_their_time_in_a_row_ = 0;
    unexplained_in_a_row_ = 0;
    heard();
    backoff_.reset();
    person_backoff_.reset();
    if (!is_broken_) status_.ready();
  }
  if (run_ == 0) return;
  const uint32_t count = run_;
  run_ = 0;
  land(run_slot_, count);
}

/// The cluster has answered, be it with a refusal.
void Writer::heard() {
  status_.progress();
  if (heartbeat_ != nullptr) heartbeat_->heard(GroupWatch::now_ns());
}

void Writer::failed(const rd_kafka_message_t& message, uint32_t slot, uint32_t record) {
  errors_.add();
  Flight& flight = flights_[slot];
  const bool is_ours = message.err == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
                       message.err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT || message.err == RD_KAFKA_RESP_ERR__DESTROY ||
                       message.err == RD_KAFKA_RESP_ERR__FATAL || message.err == RD_KAFKA_RESP_ERR__GAPLESS_GUARANTEE;
  const Refusal refused = is_ours ? Refusal::no : refusal_of(message.err);
  if (refused != Refusal::no) heard();
  if (refused != Refusal::no && producer_->is_sifting()) {
    ++refused_in_part_;
    if (sent_in_part_ == 1) return refused_alone(message.err, slot, record);
    flight.failed.push_back({record, true});
    return;
  }
  if (rd_kafka_message_status(&message) == RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED) maybe_repeated_.add();
  // Of a set that is refused, one record may be to blame, and all of them come back.
  flight.failed.push_back({record, refused != Refusal::no});
  if (!is_ours) {
    Error why = to_error(message.err, "cannot write to topic \"" + settings_.topic + "\", partition " +
                                          std::to_string(message.partition));
    if (refused == Refusal::certain) why.category = Category::permanent;
    if (refused == Refusal::possible) why.category = Category::operator_needed;
    broke(std::move(why));
  }
  is_broken_ = true;
  producer_->yield();
}

void Writer::broke(Error error) {
  const std::lock_guard lock(mutex_);
  if (!breakage_) breakage_ = std::move(error);
}

void Writer::wake() {
  const std::lock_guard lock(mutex_);
  if (producer_ != nullptr) producer_->wake();
}

}  // namespace sluice::kafka
