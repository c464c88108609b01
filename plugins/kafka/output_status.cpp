// SPDX-License-Identifier: Apache-2.0
#include "output_status.hpp"

#include <algorithm>
#include <chrono>

#include "fault.hpp"

namespace sluice::kafka {
namespace {

/// Other members may drain what they give up before they join, too.
constexpr std::chrono::seconds join_patience{30};

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

std::optional<std::string> coordinator_trouble(const Settings& settings, const CoordinatorSilence& silence) {
  // It is asked by heartbeats, the last of them up to an interval after it last answered.
  const std::chrono::seconds patience = silence.is_joining ? join_patience : Heartbeat::silence;
  if (silence.silent <= patience + silence.heartbeat_interval) return std::nullopt;
  const std::string group = "group \"" + settings.group + "\" at " + settings.brokers;
  const std::string time = " for more than " + std::to_string(patience.count()) + " s";
  if (!silence.is_joining) return "the coordinator of " + group + " has not answered" + time;
  return "the request to join " + group + " has not been answered" + time +
         ": other members have not joined yet, or the coordinator does not answer";
}

std::optional<Error> OutputStatus::on_error(rd_kafka_event_t* event) {
  const rd_kafka_resp_err_t code = rd_kafka_event_error(event);
  const char* text = rd_kafka_event_error_string(event);
  const std::string reason = text == nullptr ? "" : text;
  const std::string what = "cannot read topic \"" + settings_.topic + "\" from " + settings_.brokers;
  if (rd_kafka_event_error_is_fatal(event) != 0) {
    Error fatal = to_error(code, what, reason);
    fatal.category = Category::operator_needed;
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
                            "; the node reads it as soon as it exists";
  }
  return std::nullopt;
}

std::optional<OutputStatus::Saying> OutputStatus::trouble_of(const Consumer& consumer, const StartLookup& lookup,
                                                             const Membership& membership, const Heartbeat* heartbeat) {
  const auto saying = [](const Error& why) {
    return Saying{why.category == Category::operator_needed ? Word::blocked : Word::connecting, why.message};
  };
  const int64_t now_ns = steady_ns();
  const int64_t went_on_ns = standstill_.look(now_ns);
  const int64_t heard_ns = consumer.group().heard_ns();
  if (trouble_) {
    const bool is_read = !membership.partitions().empty() && membership.is_reading();
    const bool is_over = trouble_->is_of_topic ? is_read : heard_ns > trouble_->since_ns;
    if (is_over) trouble_.reset();
  }
  if (trouble_) return saying(trouble_->why);
  if (const std::optional<Error> why = lookup.trouble()) return saying(*why);
  if (heartbeat == nullptr) return std::nullopt;
  if (const std::optional<std::string> silent = heartbeat->trouble()) return Saying{Word::connecting, *silent};
  if (membership.waits_to_rejoin()) {
    return Saying{Word::connecting, "lost its place in group \"" + settings_.group + "\"; checks whether member \"" +
                                        settings_.member + "\" is another process now"};
  }
  if (heartbeat->is_topic_missing()) {
    return Saying{Word::connecting, "topic \"" + settings_.topic + "\" no longer exists at " + settings_.brokers +
                                        "; the node reads it as soon as it exists again"};
  }
  if (heard_ns == 0) return std::nullopt;
  std::optional<std::string> silent =
      coordinator_trouble(settings_, {std::chrono::nanoseconds(now_ns - std::max(heard_ns, went_on_ns)),
                                      consumer.heartbeat_interval(), consumer.group().is_joining()});
  if (!silent) return std::nullopt;
  return Saying{Word::connecting, std::move(*silent)};
}

void OutputStatus::tell(const Consumer& consumer, const StartLookup& lookup, Membership& membership,
                        const PartitionWatch& watch, const Heartbeat* heartbeat) {
  if (std::optional<Saying> trouble = trouble_of(consumer, lookup, membership, heartbeat)) {
    return say(trouble->word, std::move(trouble->sentence));
  }
  if (!membership.was_ever_assigned()) {
    return say(Word::connecting, "joins group \"" + settings_.group + "\" at " + settings_.brokers + " to read \"" +
                                     settings_.topic + "\"");
  }
  if (!membership.is_reading()) {
    return say(Word::connecting, "looks up the start of its partitions of topic \"" + settings_.topic +
                                     "\"; it does not read all of them yet");
  }
  if (const auto& finding = watch.finding()) {
    return say(finding->is_of_broker ? Word::connecting : Word::blocked, finding->sentence);
  }
  if (membership.take_change() || word_ != Word::ready) say(Word::ready, what_is_read(membership));
}

void OutputStatus::tell_without_member(const StartLookup& lookup, const std::string& member) {
  trouble_.reset();
  const std::optional<Error> why = lookup.trouble();
  say(Word::connecting, "group \"" + settings_.group + "\" removed this member; checks whether member \"" + member +
                            "\" is another process now" + (why ? ": " + why->message : ""));
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
