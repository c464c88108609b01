// SPDX-License-Identifier: Apache-2.0
#include "output_status.hpp"

#include <algorithm>
#include <chrono>

#include "fault.hpp"

namespace sluice::kafka {
namespace {

int64_t steady_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

bool is_of_topic(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
         code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION || code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
         code == RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION || code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
}

/// Of one connection among others; the client tries the next, and says so when none is left.
bool is_of_connection(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__RESOLVE ||
         code == RD_KAFKA_RESP_ERR__TIMED_OUT;
}

}  // namespace

std::optional<Error> OutputStatus::on_error(rd_kafka_event_t* event) {
  const rd_kafka_resp_err_t code = rd_kafka_event_error(event);
  const char* text = rd_kafka_event_error_string(event);
  const std::string reason = text == nullptr ? "" : text;
  const std::string what = "cannot read topic \"" + settings_.topic + "\" from " + settings_.brokers;
  if (rd_kafka_event_error_is_fatal(event) != 0) {
    Error fatal = to_error(code, what, reason);
    fatal.category = Category::operator_needed;
    if (code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID) {
      fatal.message = "another process reads as member \"" + settings_.member + "\" of group \"" + settings_.group +
                      "\" now: give each process a `member` of its own";
    }
    return fatal;
  }
  if (is_of_connection(code)) {
    last_reason_ = reason;
    return std::nullopt;
  }
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
    trouble_ =
        Trouble{to_error(code, what, last_reason_.empty() ? "no broker answers" : last_reason_), false, steady_ns()};
    return std::nullopt;
  }
  if (code == RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED) {
    context_.warn(what + ": " + reason);
    return std::nullopt;
  }
  trouble_ = Trouble{to_error(code, what, reason), is_of_topic(code), steady_ns()};
  if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC) {
    trouble_->why.message = "topic \"" + settings_.topic + "\" does not exist yet at " + settings_.brokers +
                            "; it is read as soon as it does";
  }
  return std::nullopt;
}

void OutputStatus::tell(const Consumer& consumer, const StartLookup& lookup, Membership& membership) {
  if (trouble_) {
    const bool is_over = trouble_->is_of_topic ? !membership.partitions().empty()
                                               : consumer.group().heard_ns.load() > trouble_->since_ns;
    if (is_over) trouble_.reset();
  }
  if (trouble_) {
    return say(trouble_->why.category == Category::operator_needed ? Word::blocked : Word::connecting,
               trouble_->why.message);
  }
  if (const std::optional<Error> why = lookup.trouble()) {
    return say(why->category == Category::operator_needed ? Word::blocked : Word::connecting, why->message);
  }
  if (!membership.was_ever_assigned()) {
    return say(Word::connecting, "joins group \"" + settings_.group + "\" at " + settings_.brokers + " to read \"" +
                                     settings_.topic + "\"");
  }
  if (membership.take_change() || word_ != Word::ready) say(Word::ready, what_is_read(membership));
}

std::string OutputStatus::what_is_read(Membership& membership) const {
  std::vector<int32_t> numbers;
  for (const Membership::Partition& partition : membership.partitions()) numbers.push_back(partition.number);
  std::sort(numbers.begin(), numbers.end());
  if (numbers.empty()) {
    return "waits in group \"" + settings_.group + "\" for a partition of \"" + settings_.topic +
           "\": other members have them all";
  }
  constexpr size_t most_listed = 16;
  std::string list;
  for (size_t i = 0; i < std::min(numbers.size(), most_listed); ++i) {
    list += (i == 0 ? "" : ", ") + std::to_string(numbers[i]);
  }
  if (numbers.size() > most_listed) list += ", ...";
  return "reads \"" + settings_.topic + "\" in group \"" + settings_.group + "\": partition" +
         (numbers.size() == 1 ? " " : "s ") + list;
}

void OutputStatus::say(Word word, std::string sentence) {
  if (word == word_ && sentence == sentence_) return;
  word_ = word;
  sentence_ = std::move(sentence);
  if (word == Word::ready) context_.ready(sentence_);
  if (word == Word::connecting) context_.connecting(sentence_);
  if (word == Word::blocked) context_.blocked(sentence_);
}

}  // namespace sluice::kafka
