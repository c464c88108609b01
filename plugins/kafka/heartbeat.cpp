// SPDX-License-Identifier: Apache-2.0
#include "heartbeat.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "silence.hpp"

namespace sluice::kafka {
namespace {

using Steady = std::chrono::steady_clock;
constexpr std::chrono::milliseconds beat_every{2000};
// A cluster that is slow, but answers, is not silent.
constexpr std::chrono::milliseconds patience{3500};
/// The longest that the heartbeat's thread waits at once, and some more.
constexpr std::chrono::nanoseconds longest_step = patience + std::chrono::milliseconds(1500);

int64_t count_ns(Steady::time_point at) { return at.time_since_epoch().count(); }

}  // namespace

struct Heartbeat::State {
  explicit State(std::string at) : brokers(std::move(at)) {}
  const std::string brokers;
  mutable std::mutex mutex;
  std::condition_variable answered;
  // Guarded by mutex.
  Steady::time_point heard_at = Steady::now();
  Steady::time_point answer_began_at{};  ///< when the question was put that was answered last
  std::string reason;
  std::shared_ptr<const TopicFacts> topic;
  bool is_topic_missing = false;
  Standstill standstill{longest_step.count()};  ///< of the heartbeat's thread

  void look() {
    const std::lock_guard lock(mutex);
    standstill.look(count_ns(Steady::now()));
  }

  void beat(SideClient& client) {
    const Steady::time_point began_at = Steady::now();
    look();
    Result<std::optional<TopicFacts>> facts = ask_topic(client.get(), brokers, client.settings().topic, patience);
    // That this user may not see the topic is an answer, too.
    const bool is_answer = facts.ok() || facts.error().category == Category::operator_needed;
    std::string why = is_answer ? "" : client.last_reason();
    {
      const std::lock_guard lock(mutex);
      standstill.look(count_ns(Steady::now()));
      if (is_answer) {
        heard_at = Steady::now();
        answer_began_at = began_at;
        is_topic_missing = facts.ok() && !*facts;
        if (is_topic_missing) topic.reset();
        if (facts && *facts) topic = std::make_shared<TopicFacts>(std::move(**facts));
      }
      reason = std::move(why);
    }
    if (is_answer) answered.notify_all();
  }
};

Heartbeat::Heartbeat(std::shared_ptr<SideClient> client)
    : state_(std::make_shared<State>(client->settings().brokers)),
      worker_("kafka-heartbeat", [state = state_, client = std::move(client)](Pace& pace) {
        while (!pace.is_ending()) {
          const Steady::time_point next = Steady::now() + beat_every;
          state->beat(*client);
          pace.wait_for(std::max<std::chrono::nanoseconds>(next - Steady::now(), beat_every / 4));
        }
      }) {}

Heartbeat::~Heartbeat() { worker_.end_within(worker_patience); }

void Heartbeat::heard(int64_t at_ns) {
  const std::lock_guard lock(state_->mutex);
  state_->heard_at = std::max(state_->heard_at, Steady::time_point(std::chrono::nanoseconds(at_ns)));
}

std::optional<std::string> Heartbeat::trouble() const {
  const std::lock_guard lock(state_->mutex);
  const std::chrono::nanoseconds silent(
      state_->standstill.silent_ns(count_ns(state_->heard_at), count_ns(Steady::now())));
  if (silent < silence) return std::nullopt;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(silent).count();
  // Changes once in a while, not every second: it is a status.
  const std::string since = seconds < 60 ? std::to_string(silence.count()) + " s"
                                         : std::to_string(seconds / 60) + (seconds < 120 ? " minute" : " minutes");
  return "Kafka at " + state_->brokers + " has not answered for more than " + since +
         (state_->reason.empty() ? "" : ": " + state_->reason);
}

std::shared_ptr<const TopicFacts> Heartbeat::topic() const {
  const std::lock_guard lock(state_->mutex);
  return state_->topic;
}

bool Heartbeat::is_topic_missing() const {
  const std::lock_guard lock(state_->mutex);
  return state_->is_topic_missing;
}

bool Heartbeat::is_alive(std::chrono::milliseconds time) {
  const Steady::time_point asked_at = Steady::now();
  worker_.wake();
  std::unique_lock lock(state_->mutex);
  return state_->answered.wait_for(lock, time, [&] { return state_->answer_began_at >= asked_at; });
}

}  // namespace sluice::kafka
