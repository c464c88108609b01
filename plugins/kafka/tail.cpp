// SPDX-License-Identifier: Apache-2.0
#include "tail.hpp"

#include <algorithm>
#include <deque>
#include <optional>
#include <vector>

#include "fault.hpp"
#include "log_parts.hpp"
#include "rd_handles.hpp"
#include "side_client.hpp"

namespace sluice::kafka {
namespace {

constexpr int slice_ms = 100;
/// Offsets of the first window; each one further back is that many times wider.
constexpr int64_t first_window = 64;
constexpr int64_t growth = 4;
/// Read at once, as each of them is fetched ahead.
constexpr size_t partitions_at_once = 8;
constexpr size_t batch_records = 1024;

struct Part {
  int32_t number = 0;
  int64_t begin = 0;  ///< of the log
  int64_t to = 0;     ///< what lies before this offset is not read yet
  int64_t from = 0;   ///< where the window begins that is being read
  int64_t window = first_window;
  bool is_read = false;  ///< the window is
  bool is_over = false;  ///< no more of this partition is wanted, or there is no more
  uint64_t given = 0;
  uint64_t kept_bytes = 0;
  std::deque<Fetched> kept{};  ///< of the window, in the order of the log
};

class Reading {
 public:
  Reading(const SideClient& client, RecordMaker maker, const sluice_tail_query& query, TailTaker& taker)
      : client_(client.get()),
        topic_name_(client.settings().topic),
        maker_(std::move(maker)),
        query_(query),
        taker_(taker),
        topic_(rd_kafka_topic_new(client_, topic_name_.c_str(), nullptr)),
        queue_(rd_kafka_queue_new(client_)) {}

  /// The parts have something each. All of them are read back equally far, as what is wanted may lie in any.
  Result<void> read(std::deque<Part>& parts) {
    Parts open;
    for (Part& part : parts) open.push_back(&part);
    while (!open.empty()) {
      for (size_t at = 0; at < open.size(); at += partitions_at_once) {
        const auto begin = open.begin() + static_cast<ptrdiff_t>(at);
        const Parts some(begin, begin + static_cast<ptrdiff_t>(std::min(partitions_at_once, open.size() - at)));
        const Result<void> read = read_windows(some);
        if (!read) return read;
        for (Part* part : some) {
          give(*part);
          if (has_enough_) return {};
        }
      }
      std::erase_if(open, [](const Part* part) { return part->is_over; });
    }
    return {};
  }

 private:
  using Parts = std::vector<Part*>;

  Result<void> read_windows(const Parts& parts) {
    Result<void> result;
    size_t started = 0;
    for (; started < parts.size() && result.ok(); ++started) {
      Part& part = *parts[started];
      part.from = std::max(part.begin, part.to - part.window);
      part.is_read = false;
      if (rd_kafka_consume_start_queue(topic_.get(), part.number, part.from, queue_.get()) != 0) {
        result = to_error(rd_kafka_last_error(), cannot_read(part.number));
      }
    }
    const auto is_open = [](const Part* part) { return !part->is_read; };
    while (result.ok() && std::any_of(parts.begin(), parts.end(), is_open)) {
      if (!taker_.is_wanted()) {
        const Part& slow = **std::find_if(parts.begin(), parts.end(), is_open);
        result = trouble_ ? *trouble_ : transient(cannot_read(slow.number) + ": its broker does not answer");
        break;
      }
      Event event(rd_kafka_queue_poll(queue_.get(), slice_ms));
      if (event == nullptr) continue;
      result = rd_kafka_event_type(event.get()) == RD_KAFKA_EVENT_ERROR ? take_error_event(parts, event.get())
                                                                        : take(parts, std::move(event));
    }
    for (size_t i = 0; i < started; ++i) rd_kafka_consume_stop(topic_.get(), parts[i]->number);
    // What still lies in the queue is of this window.
    while (Event(rd_kafka_queue_poll(queue_.get(), 0)) != nullptr) {
    }
    return result;
  }

  static Part* find(const Parts& parts, int32_t number) {
    const auto found =
        std::find_if(parts.begin(), parts.end(), [&](const Part* part) { return part->number == number; });
    return found == parts.end() ? nullptr : *found;
  }

  Result<void> take(const Parts& parts, Event event) {
    const rd_kafka_message_t* message = rd_kafka_event_message_next(event.get());
    if (message == nullptr) return {};
    Part* part = find(parts, message->partition);
    if (part == nullptr || part->is_read) return {};
    if (message->offset >= part->to - 1) part->is_read = true;
    if (message->offset >= part->to || message->offset < part->from) return {};
    Fetched fetched{std::move(event), message};
    if (!fetched.is_tombstone()) keep(*part, std::move(fetched));
    return {};
  }

  /// Of a window that has more than is wanted, the oldest go.
  void keep(Part& part, Fetched&& fetched) {
    part.kept_bytes += fetched.message->len;
    part.kept.push_back(std::move(fetched));
    while (part.kept.size() > 1 && (part.kept.size() > query_.records - part.given || part.kept_bytes > query_.bytes)) {
      part.kept_bytes -= part.kept.front().message->len;
      part.kept.pop_front();
      part.begin = part.from;
    }
  }

  Result<void> take_error_event(const Parts& parts, rd_kafka_event_t* event) {
    const rd_kafka_resp_err_t code = rd_kafka_event_error(event);
    rd_kafka_topic_partition_t* place = rd_kafka_event_topic_partition(event);
    Part* part = place == nullptr ? nullptr : find(parts, place->partition);
    if (place != nullptr) rd_kafka_topic_partition_destroy(place);
    if (part == nullptr) return {};
    const bool is_gone = code == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || code == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE;
    if (code == RD_KAFKA_RESP_ERR__PARTITION_EOF || is_gone) {
      part->is_read = true;
      // Retention has moved on meanwhile: older records are not there.
      if (is_gone) part->begin = part->from;
      return {};
    }
    trouble_ = to_error(code, cannot_read(part->number), rd_kafka_event_error_string(event));
    return trouble_->category == Category::transient ? Result<void>{} : Result<void>{*trouble_};
  }

  /// What the window holds, the newest first.
  void give(Part& part) {
    std::reverse(part.kept.begin(), part.kept.end());
    while (!part.kept.empty() && !part.is_over && !has_enough_) {
      std::vector<Fetched> some;
      while (!part.kept.empty() && some.size() < batch_records) {
        some.push_back(std::move(part.kept.front()));
        part.kept.pop_front();
      }
      part.given += some.size();
      const TailWants wants = taker_.give(std::to_string(part.number), maker_.make(some));
      has_enough_ = wants == TailWants::enough;
      part.is_over = wants != TailWants::more;
    }
    part.kept.clear();
    part.kept_bytes = 0;
    part.to = part.from;
    part.window *= growth;
    if (part.to <= part.begin) part.is_over = true;
  }

  std::string cannot_read(int32_t partition) const {
    return "cannot read the newest records of partition " + std::to_string(partition) + " of topic \"" + topic_name_ +
           "\"";
  }

  rd_kafka_t* const client_;
  const std::string topic_name_;
  RecordMaker maker_;
  const sluice_tail_query& query_;
  TailTaker& taker_;
  const TopicHandle topic_;
  const Queue queue_;
  bool has_enough_ = false;
  std::optional<Error> trouble_;  ///< the last one
};

}  // namespace

Result<void> read_tail(Context context, const Settings& settings, const std::string& brokers, RecordMaker maker,
                       const sluice_tail_query& query, TailTaker& taker) {
  // Nothing is written before the tail is read, so what is fetched here has the producer's room.
  Result<std::shared_ptr<SideClient>> client = SideClient::make(
      reading_settings(
          settings,
          {{"fetch.wait.max.ms", "50"}, {"queued.max.messages.kbytes", "1024"}, {"queued.min.messages", "2000"}}),
      brokers);
  if (!client) return client.error();
  // A partition without a leader is waited for, but not for so long that no time is left for the others.
  const int64_t begun_ns = context.monotonic_ns();
  const int64_t half_ns = begun_ns + (taker.deadline_ns() - begun_ns) / 2;
  Result<LogParts> found = await_log_parts(**client, brokers, [&](bool is_partly_known) {
    return taker.is_wanted() && (!is_partly_known || context.monotonic_ns() < half_ns);
  });
  if (!found) return found.error();
  std::deque<Part> parts;
  for (const LogPart& part : found->parts)
    parts.push_back({.number = part.number, .begin = part.begin, .to = part.end});
  Result<void> read = Reading(**client, std::move(maker), query, taker).read(parts);
  if (read.ok() && found->trouble) return *found->trouble;
  return read;
}

}  // namespace sluice::kafka
