// SPDX-License-Identifier: Apache-2.0
#include "lock_member.hpp"

#include <chrono>
#include <random>
#include <utility>

#include "fault.hpp"
#include "group_facts.hpp"
#include "rd_handles.hpp"
#include "topic.hpp"

namespace sluice::kafka {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds topic_deadline{5000};
constexpr milliseconds retry_pause{500};
constexpr milliseconds group_patience{500};
constexpr milliseconds look_every{200};

/// No other process has it, nor the next one that gets this one's number.
std::string new_signature() {
  std::random_device random;
  return "sluice " + std::to_string(random()) + "-" + std::to_string(random());
}

/// Of who signed last; empty: nobody.
Result<std::string> last_signature(rd_kafka_t* client, const Settings& lock, milliseconds patience) {
  const PartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), lock.topic.c_str(), 0);
  const rd_kafka_resp_err_t code = ask_committed(client, list.get(), patience);
  const rd_kafka_topic_partition_t& found = list->elems[0];
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR || found.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return to_error(code != RD_KAFKA_RESP_ERR_NO_ERROR ? code : found.err,
                    "cannot ask who has lock \"" + lock.group + "\"");
  }
  return std::string(static_cast<const char*>(found.metadata), found.metadata_size);
}

class Log : public ClientListener {
 public:
  explicit Log(Context context) : context_(context) {}
  void on_client_log(int, std::string_view line) override { context_.debug(line); }

 private:
  const Context context_;
};

}  // namespace

LockMember::LockMember(Context context, const Settings& settings, LockState& state, std::shared_ptr<WakeFd> wake,
                       Pace& pace)
    : context_(context),
      settings_(settings),
      state_(state),
      wake_(std::move(wake)),
      pace_(pace),
      signature_(new_signature()) {}

void LockMember::run() {
  while (!pace_.is_ending() && !is_over_) {
    if (consumer_ != nullptr) {
      serve();
    } else if (Result<void> joined = join(); !joined) {
      consumer_.reset();
      if (joined.error().category != Category::transient) return state_.lost(joined.error());
      pace_.sleep_for(retry_pause);
    }
  }
  // Before the group gives the lock to another member.
  if (hold_ == Hold::holds) state_.held_until(0);
}

void LockMember::serve() {
  wake_->wait_for(look_every);
  while (Event event = consumer_->next_event()) on_event(event.get());
  if (is_over_) return;
  if (hold_ == Hold::asks || hold_ == Hold::signs) sign();
  look_at_lease();
  // A group that is silent, such as one whose broker is away, may have lost its members: the one that has the lock
  // comes back first.
  const bool is_silent =
      !consumer_->group().is_joining() && GroupWatch::lease_now_ns() - consumer_->group().kept_ns() > session_ns();
  if (hold_ == Hold::none && doubt_.empty() && consumer_->group().kept_ns() != 0 && is_silent) consumer_.reset();
}

Result<void> LockMember::join() {
  Result<Topic> topic = ensure_topic(settings_, topic_deadline, pace_.is_ending());
  if (!topic) return topic.error();
  if (topic->was_made) context_.info("created topic \"" + settings_.topic + "\" for the lock");
  if (topic->partition_count != 1) return unfit_for_lock(settings_, topic->partition_count);
  if (side_ == nullptr) {
    Result<std::shared_ptr<SideClient>> side = SideClient::make(settings_, settings_.brokers);
    if (!side) return side.error();
    side_ = std::move(*side);
  }
  if (Result<void> quiet = await_dead_members(); !quiet) return quiet;
  if (pace_.is_ending()) return transient("the run ends");
  Result<std::unique_ptr<Consumer>> consumer =
      Consumer::make(settings_, settings_.brokers, 1, std::make_shared<Log>(context_), wake_);
  if (!consumer) return consumer.error();
  consumer_ = std::move(*consumer);
  return consumer_->subscribe();
}

/// A group lets a member in only when all others have joined again, and waits for the session of one that has died,
/// such as this process before its restart. The process that has the lock would have to wait as well. One that comes
/// back has half a session more to be the first.
Result<void> LockMember::await_dead_members() {
  int64_t answered_ns = 0;
  while (!pace_.is_ending()) {
    Result<GroupFacts> facts = ask_group(side_->get(), settings_.group, group_patience);
    if (!facts && facts.error().category != Category::transient) return facts.error();
    if (facts && facts->members.empty()) return {};
    if (facts && !facts->holder.empty()) say_holder(facts->holder);
    if (facts && answered_ns == 0) answered_ns = GroupWatch::now_ns();
    if (answered_ns != 0 && GroupWatch::now_ns() - answered_ns > session_ns() * 3 / 2) return {};
    pace_.sleep_for(look_every);
  }
  return {};
}

void LockMember::on_event(rd_kafka_event_t* event) {
  if (is_over_) return;
  switch (rd_kafka_event_type(event)) {
    case RD_KAFKA_EVENT_ERROR:
      return on_error(event);
    case RD_KAFKA_EVENT_OFFSET_COMMIT:
      return on_signed(rd_kafka_event_error(event));
    case RD_KAFKA_EVENT_REBALANCE:
      if (rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        return on_assigned(*rd_kafka_event_topic_partition_list(event));
      }
      return on_revoked(*rd_kafka_event_topic_partition_list(event));
    default:
      return;
  }
}

void LockMember::on_assigned(const rd_kafka_topic_partition_list_t& list) {
  if (hold_ != Hold::none && consumer_->is_other_member()) doubt("the group put this process out");
  consumer_->remember_member();
  if (Result<void> done = consumer_->acknowledge_assignment(); !done) context_.warn(done.error().message);
  if (list.cnt > 0) {
    hold_ = doubt_.empty() ? Hold::signs : Hold::asks;
    assigned_ns_ = consumer_->group().synced_ns();
    sign();
  } else if (hold_ == Hold::none) {
    doubt_.empty() ? ask_holder() : lose();
  }
}

void LockMember::on_revoked(const rd_kafka_topic_partition_list_t& list) {
  const bool is_lost = consumer_->is_assignment_lost();
  if (hold_ != Hold::none && (is_lost || list.cnt > 0)) {
    doubt(is_lost ? "the group did not answer for the time of a session" : "the group took it from this process");
  }
  if (Result<void> done = consumer_->unassign({}); !done) context_.warn(done.error().message);
}

/// Before the first record that is written with the lock.
void LockMember::sign() {
  if (hold_ == Hold::asks) {
    Result<std::string> last = last_signature(side_->get(), settings_, group_patience);
    if (!last) return context_.debug(last.error().message);
    if (*last != signature_) return lose();
    return hold_from(assigned_ns_);
  }
  hold_ = Hold::signing;
  if (Result<void> sent = consumer_->commit({{0, 0}}, signature_); !sent) on_signed(RD_KAFKA_RESP_ERR__FAIL);
}

void LockMember::on_signed(rd_kafka_resp_err_t code) {
  if (hold_ != Hold::signing) return;
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return hold_from(assigned_ns_);
  hold_ = Hold::signs;
  Error why = to_error(code, "cannot sign for " + name() + " at " + settings_.brokers);
  if (why.category != Category::operator_needed) return context_.debug(why.message);
  is_over_ = true;
  state_.lost(std::move(why));
}

void LockMember::hold_from(int64_t lease_ns) {
  context_.info(doubt_.empty() ? "this process has " + name() : "this process still has " + name());
  hold_ = Hold::holds;
  doubt_.clear();
  is_late_ = false;
  kept_ns_ = lease_ns;
  state_.held_until(kept_ns_ + lease_of_session());
}

void LockMember::on_error(rd_kafka_event_t* event) {
  const rd_kafka_resp_err_t code = rd_kafka_event_error(event);
  const char* text = rd_kafka_event_error_string(event);
  Error why = to_error(code, "cannot get " + name() + " at " + settings_.brokers, text == nullptr ? "" : text);
  const bool is_hopeless = rd_kafka_event_error_is_fatal(event) != 0 || why.category == Category::operator_needed;
  if (!is_hopeless) return context_.debug(why.message);
  is_over_ = true;
  state_.lost(std::move(why));
}

/// What the group said when it had this member only: the question for the member comes after it.
void LockMember::look_at_lease() {
  if (hold_ != Hold::holds) return;
  const int64_t kept_ns = consumer_->group().kept_ns();
  if (kept_ns > kept_ns_) {
    if (consumer_->is_other_member()) return doubt("the group put this process out");
    kept_ns_ = kept_ns;
    state_.held_until(kept_ns_ + lease_of_session());
  }
  if (std::exchange(is_late_, !state_.may_write()) == is_late_) return;
  if (is_late_) {
    context_.warn("the group of " + name() +
                  " does not answer, so another process may get it; this one writes nothing " +
                  "until the group answers");
  } else {
    context_.info("this process still has " + name());
  }
}

/// Another process may have it. What was put out comes back by itself, and asks.
void LockMember::doubt(const std::string& why) {
  if (hold_ == Hold::holds) {
    state_.held_until(0);
    doubt_ = why;
    context_.warn(name() + ": " + why + "; this process writes nothing until it knows who has the lock");
  }
  hold_ = Hold::none;
}

void LockMember::lose() {
  is_over_ = true;
  state_.lost(transient(
      "another process has " + name() + ", because " + doubt_ + ": this one stood still, or was cut off from Kafka",
      "lock_lost"));
}

void LockMember::ask_holder() {
  Result<GroupFacts> facts = ask_group(side_->get(), settings_.group, group_patience);
  say_holder(facts ? facts->holder : "");
}

void LockMember::say_holder(const std::string& holder) {
  state_.waits((holder.empty() ? "another process" : holder) + " has " + name());
}

}  // namespace sluice::kafka
