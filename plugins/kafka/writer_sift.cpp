// SPDX-License-Identifier: Apache-2.0
// Finds the records that the cluster refuses among those of the sets that came back. Parts of them are sent one after
// the other, each awaited before the next, so order holds: a part that is taken doubles the next, one that is refused
// halves it, and a record that is refused alone is to blame. So a run of refused records costs an answer of the cluster
// each, and no new producer. Where every record is refused alike, none is to blame: the writer waits, and says why.
#include <algorithm>
#include <chrono>

#include "fault.hpp"
#include "writer.hpp"

namespace sluice::kafka {
namespace {

constexpr int64_t ns_per_ms = 1'000'000;
constexpr std::chrono::milliseconds ask_wait{2000};
constexpr std::chrono::milliseconds ask_pause{50};
/// A new producer knows the topic within moments, unless the machine or the cluster is busy.
constexpr std::chrono::seconds hold_patience{15};
/// Beside key, payload and headers: what a record takes in a set, at most.
constexpr uint64_t framing_bytes = 100;
/// With so many in a row and none taken, the clock or the topic is to blame, however far their times are.
constexpr uint32_t most_for_their_time = 100;
/// Bad records seldom come alone: parts grow when so many were taken one by one.
constexpr uint32_t few = 4;
/// A record that is refused by a code that nobody expects is tried again so many times before it is to blame,
constexpr uint32_t times_of_doubt = 3;
/// and with so many of them in a row it is the broker.
constexpr uint32_t most_unexplained = 3;

int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

/// Whether a record came back that may have spoilt its set.
bool Writer::must_sift() {
  const std::lock_guard lock(mutex_);
  return std::any_of(backlog_.begin(), backlog_.end(), [&](uint32_t slot) {
    const auto& failed = flights_[slot].failed;
    return std::any_of(failed.begin(), failed.end(), [](const Flight::Failed& each) { return each.alone; });
  });
}

/// Everything up to the last record that may be to blame. Ends early when there is no room, or when the producer
/// breaks.
void Writer::sift() {
  // No flight settles before its records were all looked at.
  for (const uint32_t slot : backlog_) flights_[slot].open.fetch_add(1, std::memory_order_relaxed);
  part_records_ = 1;
  uint32_t taken_alone = 0;
  while (!is_broken_ && !is_ending() && must_sift()) {
    refused_in_part_ = 0;
    bool has_room = true;
    sent_in_part_ = send_part(has_room);
    if (sent_in_part_ == 0 && !has_room) break;
    await_reports();
    if (refused_in_part_ != 0) {
      part_records_ = std::max(1U, sent_in_part_ / 2);
      taken_alone = 0;
    } else if (part_records_ > 1 || ++taken_alone == few) {
      part_records_ = std::min<uint32_t>(part_records_ * 2, Producer::most_sifted_records);
    }
    for (const uint32_t slot : backlog_) flights_[slot].sort_failed();
  }
  std::deque<uint32_t> left;
  for (const uint32_t slot : backlog_) {
    Flight& flight = flights_[slot];
    if (!flight.is_done() || flight.open.load(std::memory_order_acquire) > 1) left.push_back(slot);
    land(slot, 1);
  }
  const std::lock_guard lock(mutex_);
  backlog_ = std::move(left);
}

/// Of a part that left in two sets the first could be refused and the second taken.
bool Writer::hold_producer() {
  const auto until = std::chrono::steady_clock::now() + hold_patience;
  while (!producer_->hold(ask_wait)) {
    if (is_ending() || std::chrono::steady_clock::now() >= until) return false;
    producer_->poll(ask_pause);
  }
  return true;
}

/// Hands the next part to the producer, which keeps it until it is flushed. How many records.
uint32_t Writer::send_part(bool& has_room) {
  if (!hold_producer()) {
    broke(transient("topic \"" + settings_.topic + "\" at " + settings_.brokers + " is not known to the producer yet"));
    is_broken_ = true;
    return 0;
  }
  uint32_t suspects = 0;
  for (const uint32_t slot : backlog_) {
    for (const Flight::Failed& each : flights_[slot].failed) suspects += each.alone ? 1 : 0;
  }
  uint64_t room = Producer::most_sifted_bytes;
  if (topic_->max_message_bytes) room = std::min<uint64_t>(room, static_cast<uint64_t>(*topic_->max_message_bytes) / 2);
  uint64_t bytes = 0;
  uint32_t sent = 0;
  for (const uint32_t slot : backlog_) {
    Flight& flight = flights_[slot];
    size_t done = 0;
    bool is_full = false;
    while (done < flight.failed.size() && suspects > 0 && sent < part_records_) {
      const Flight::Failed next = flight.failed[done];
      bytes += maker_.bytes_of(flight.batch[next.record]) + framing_bytes;
      is_full = sent > 0 && bytes > room;
      if (is_full) break;
      flight.open.fetch_add(1, std::memory_order_relaxed);
      const Sent result = send(slot, next.record);
      if (result == Sent::yes) {
        ++sent;
      } else {
        flight.open.fetch_sub(1, std::memory_order_relaxed);
      }
      is_full = result == Sent::full || result == Sent::broken;
      has_room = has_room && !is_full;
      if (is_full) break;
      suspects -= next.alone ? 1 : 0;
      ++done;
    }
    flight.failed.erase(flight.failed.begin(), flight.failed.begin() + static_cast<ptrdiff_t>(done));
    if (is_full || suspects == 0 || sent >= part_records_) break;
  }
  return sent;
}

void Writer::refused_alone(rd_kafka_resp_err_t code, uint32_t slot, uint32_t record) {
  Flight& flight = flights_[slot];
  if (std::optional<Error> why = why_all(code, slot, record)) {
    flight.failed.push_back({record, true});
    broke(std::move(*why));
    is_broken_ = true;
    producer_->yield();
    return;
  }
  flight.refused.push_back(refusal(code, slot, record));
}

/// Why this record is refused and would be whatever it held; nothing: it is to blame.
std::optional<Error> Writer::why_all(rd_kafka_resp_err_t code, uint32_t slot, uint32_t index) {
  const Flight& flight = flights_[slot];
  if (code == RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP) {
    const Record record = flight.batch[index];
    // While nothing is taken records grow old, through no fault of theirs.
    const int64_t since_ms = all_refused_since_ms_ != 0 ? all_refused_since_ms_ : now_ms();
    const int64_t record_ms = maker_.is_dead_letter(record) ? since_ms : record.receive_time_ns() / ns_per_ms;
    const bool is_every_one = for_their_time_in_a_row_ >= most_for_their_time;
    if (is_every_one || is_of_now(record_ms, since_ms, topic_->timestamps)) {
      all_refused_since_ms_ = since_ms;
      return operator_needed(
          "topic \"" + settings_.topic + "\" refuses " + (is_every_one ? "every record for its" : "records for their") +
              " time: " + say_time(record_ms, since_ms, topic_->timestamps) +
              "; set the clocks of this machine and of the brokers right, or change the topic's limits",
          "INVALID_TIMESTAMP");
    }
    ++for_their_time_in_a_row_;
  }
  if (refusal_of(code) == Refusal::possible) {
    if (doubtful_.sequence != flight.sequence || doubtful_.record != index) doubtful_ = {flight.sequence, index, 0};
    if (++doubtful_.times <= times_of_doubt || unexplained_in_a_row_ >= most_unexplained) {
      Error error = to_error(code, "topic \"" + settings_.topic + "\" does not take a record");
      error.category = Category::operator_needed;
      return error;
    }
    ++unexplained_in_a_row_;
  }
  return std::nullopt;
}

Refused Writer::refusal(rd_kafka_resp_err_t code, uint32_t slot, uint32_t index) {
  const Record record = flights_[slot].batch[index];
  Error error = to_error(code, "topic \"" + settings_.topic + "\" does not take this record of " +
                                   std::to_string(record.payload().size()) + " bytes");
  error.category = Category::permanent;
  if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
    error.message += "; the topic's max.message.bytes, or message.max.bytes in `options:`, is the limit";
  } else if (code == RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP) {
    error.message += "; " + say_time(record.receive_time_ns() / ns_per_ms, now_ms(),
                                     topic_ ? topic_->timestamps : TimestampLimits());
  } else if (code == RD_KAFKA_RESP_ERR_INVALID_RECORD && !maker_.has_key(record)) {
    error.message += "; it has no key, which a compacted topic (cleanup.policy=compact) demands";
  }
  return {index, std::move(error)};
}

}  // namespace sluice::kafka
