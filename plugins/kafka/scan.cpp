// SPDX-License-Identifier: Apache-2.0
#include "scan.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <vector>

#include "fault.hpp"
#include "log_parts.hpp"
#include "rd_handles.hpp"

namespace sluice::kafka {
namespace {

using Steady = std::chrono::steady_clock;

/// How long a cluster may need to answer at all, and then may say nothing.
constexpr std::chrono::seconds patience{10};
constexpr std::chrono::seconds silence_limit{30};
constexpr int slice_ms = 100;
/// Read at once, as each of them is fetched ahead.
constexpr size_t partitions_at_once = 4;
constexpr size_t most_messages = 1024;

class Reading {
 public:
  Reading(const SideClient& client, ScanTaker& taker)
      : topic_name_(client.settings().topic),
        taker_(taker),
        topic_(rd_kafka_topic_new(client.get(), topic_name_.c_str(), nullptr)),
        queue_(rd_kafka_queue_new(client.get())),
        messages_(most_messages) {}

  Result<void> read(std::vector<LogPart> parts) {
    parts_ = std::move(parts);
    Result<void> result;
    last_answer_ = Steady::now();
    while (result.ok() && is_wanted_ && (next_ < parts_.size() || !open_.empty())) {
      if (open_.size() < partitions_at_once && next_ < parts_.size()) {
        result = start(parts_[next_++]);
      } else {
        result = take();
      }
    }
    for (const LogPart& part : open_) rd_kafka_consume_stop(topic_.get(), part.number);
    // What still lies in the queue must go before the topic does.
    take_messages(0);
    return result;
  }

 private:
  Result<void> start(const LogPart& part) {
    if (rd_kafka_consume_start_queue(topic_.get(), part.number, part.begin, queue_.get()) != 0) {
      return to_error(rd_kafka_last_error(), cannot_read(part.number));
    }
    open_.push_back(part);
    return {};
  }

  Result<void> take() {
    is_wanted_ = taker_.is_wanted();
    const size_t count = take_messages(slice_ms);
    if (count > 0) last_answer_ = Steady::now();
    if (count == 0 && Steady::now() - last_answer_ > silence_limit) {
      return trouble_ ? *trouble_ : transient(cannot_read(open_.front().number) + ": its broker does not answer");
    }
    return std::exchange(failure_, {});
  }

  /// How many there were.
  size_t take_messages(int wait_ms) {
    const ssize_t count = rd_kafka_consume_batch_queue(queue_.get(), wait_ms, messages_.data(), messages_.size());
    if (count <= 0) return 0;
    stored_.clear();
    int32_t partition = -1;
    for (ssize_t i = 0; i < count; ++i) {
      const rd_kafka_message_t& message = *messages_[static_cast<size_t>(i)];
      if (message.partition != partition) give(partition);
      partition = message.partition;
      look_at(message);
    }
    give(partition);
    for (ssize_t i = 0; i < count; ++i) rd_kafka_message_destroy(messages_[static_cast<size_t>(i)]);
    return static_cast<size_t>(count);
  }

  void look_at(const rd_kafka_message_t& message) {
    const auto part =
        std::find_if(open_.begin(), open_.end(), [&](const LogPart& each) { return each.number == message.partition; });
    if (part == open_.end()) return;
    if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) return close(part);
    if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) return fail(message);
    if (message.offset < part->end && message.payload != nullptr) {
      rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
      const int64_t time_ms = rd_kafka_message_timestamp(&message, &type);
      stored_.push_back({{static_cast<const char*>(message.payload), message.len},
                         message.offset,
                         type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? 0 : time_ms * 1'000'000});
    }
    if (message.offset >= part->end - 1) close(part);
  }

  void close(std::vector<LogPart>::iterator part) {
    rd_kafka_consume_stop(topic_.get(), part->number);
    open_.erase(part);
  }

  void fail(const rd_kafka_message_t& message) {
    Error error = to_error(message.err, cannot_read(message.partition), rd_kafka_message_errstr(&message));
    const bool is_gone =
        message.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || message.err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE;
    if (is_gone) error.message += "; retention has deleted records while they were read, so begin again";
    if (!is_gone && error.category == Category::transient) {
      trouble_ = std::move(error);
    } else {
      failure_ = std::move(error);
    }
  }

  void give(int32_t partition) {
    if (!stored_.empty() && is_wanted_) is_wanted_ = taker_.give(std::to_string(partition), stored_);
    stored_.clear();
  }

  std::string cannot_read(int32_t partition) const {
    return "cannot read partition " + std::to_string(partition) + " of topic \"" + topic_name_ + "\"";
  }

  const std::string topic_name_;
  ScanTaker& taker_;
  const TopicHandle topic_;
  const Queue queue_;
  std::vector<LogPart> parts_;
  size_t next_ = 0;            ///< of parts_, to be started
  std::vector<LogPart> open_;  ///< being read
  std::vector<rd_kafka_message_t*> messages_;
  std::vector<sluice_stored> stored_;
  bool is_wanted_ = true;
  Steady::time_point last_answer_{};
  std::optional<Error> trouble_;  ///< the last one that may pass
  Result<void> failure_;
};

}  // namespace

Result<void> read_all(const Settings& settings, ScanTaker& taker) {
  if (settings.is_embedded) {
    return operator_needed(
        "brokers: embedded keeps its records only inside the process that runs, so they cannot be "
        "read afterwards; name real brokers");
  }
  Result<std::shared_ptr<SideClient>> client = SideClient::make(
      reading_settings(settings, {{"queued.max.messages.kbytes", "8192"}, {"queued.min.messages", "50000"}}),
      settings.brokers);
  if (!client) return client.error();
  const Steady::time_point end = Steady::now() + patience;
  Result<LogParts> found =
      await_log_parts(**client, settings.brokers, [&](bool) { return taker.is_wanted() && Steady::now() < end; });
  if (!found) return found.error();
  Result<void> read = Reading(**client, taker).read(std::move(found->parts));
  if (read.ok() && found->trouble) return *found->trouble;
  return read;
}

}  // namespace sluice::kafka
