// SPDX-License-Identifier: Apache-2.0
#include "lock_member.hpp"

#include <chrono>
#include <utility>

#include "fault.hpp"
#include "group_facts.hpp"
#include "topic.hpp"

namespace sluice::kafka {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds topic_deadline{5000};
constexpr milliseconds retry_pause{500};
constexpr milliseconds group_patience{500};
constexpr milliseconds look_every{200};
/// Of the session, what is left to other processes before they may write.
constexpr int64_t margin_part = 6;

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
    : context_(context), settings_(settings), state_(state), wake_(std::move(wake)), pace_(pace) {}

void LockMember::run() {
  while (true) {
    if (pace_.is_ending()) return;
    Result<void> joined = join();
    if (joined) break;
    if (joined.error().category != Category::transient) return state_.lost(joined.error());
    pace_.sleep_for(retry_pause);
  }
  while (!pace_.is_ending() && !is_over_) {
    wake_->wait_for(look_every);
    while (Event event = consumer_->next_event()) on_event(event.get());
    if (!is_over_) look_at_lease();
  }
  // Before the group gives the lock to another member.
  if (has_it_) state_.held_until(0);
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
  Result<std::unique_ptr<Consumer>> consumer =
      Consumer::make(settings_, settings_.brokers, 1, std::make_shared<Log>(context_), wake_);
  if (!consumer) return consumer.error();
  consumer_ = std::move(*consumer);
  return consumer_->subscribe();
}

/// A group lets a member in only when all others have joined again, and waits for the session of one that has died,
/// such as this process before its restart. The process that has the lock would have to wait as well.
Result<void> LockMember::await_dead_members() {
  const int64_t until_ns = GroupWatch::now_ns() + settings_.session_timeout_ms * 1'000'000;
  while (!pace_.is_ending() && GroupWatch::now_ns() < until_ns) {
    Result<GroupFacts> facts = ask_group(side_->get(), settings_.group, group_patience);
    if (!facts && facts.error().category != Category::transient) return facts.error();
    if (facts && facts->members.empty()) return {};
    if (facts && !facts->holder.empty()) say_holder(facts->holder);
    pace_.sleep_for(look_every);
  }
  return {};
}

void LockMember::on_event(rd_kafka_event_t* event) {
  if (is_over_) return;
  if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR) return on_error(event);
  if (rd_kafka_event_type(event) != RD_KAFKA_EVENT_REBALANCE) return;
  if (rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    return on_assigned(*rd_kafka_event_topic_partition_list(event));
  }
  const bool is_taken = rd_kafka_event_topic_partition_list(event)->cnt > 0 || consumer_->is_assignment_lost();
  if (has_it_ && is_taken) lose("the group gave it to another process");
  if (Result<void> done = consumer_->unassign({}); !done) context_.warn(done.error().message);
}

void LockMember::on_assigned(const rd_kafka_topic_partition_list_t& list) {
  if (has_it_ && consumer_->is_other_member()) return lose("the group put this process out");
  consumer_->remember_member();
  if (Result<void> done = consumer_->acknowledge_assignment(); !done) context_.warn(done.error().message);
  if (list.cnt > 0) {
    has_it_ = true;
    kept_ns_ = consumer_->group().synced_ns();
    context_.info("this process has " + name());
    state_.held_until(kept_ns_ + settings_.session_timeout_ms * 1'000'000 * (margin_part - 1) / margin_part);
  } else if (!has_it_) {
    ask_holder();
  }
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
  if (!has_it_) return;
  const int64_t kept_ns = consumer_->group().kept_ns();
  if (kept_ns > kept_ns_) {
    if (consumer_->is_other_member()) return lose("the group put this process out");
    kept_ns_ = kept_ns;
    state_.held_until(kept_ns_ + settings_.session_timeout_ms * 1'000'000 * (margin_part - 1) / margin_part);
  }
  if (std::exchange(is_late_, !state_.may_write()) == is_late_) return;
  if (is_late_) {
    context_.warn(name() + " may have gone to another process, because the group has not answered for " +
                  std::to_string(settings_.session_timeout_ms * (margin_part - 1) / margin_part) +
                  " ms; nothing is written until it does");
  } else {
    context_.info("this process still has " + name() + ", and writes again");
  }
}

void LockMember::lose(const std::string& why) {
  is_over_ = true;
  state_.lost(
      transient(name() + ": " + why + ", because it did not answer in time: it stood still, or was cut off from Kafka",
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
