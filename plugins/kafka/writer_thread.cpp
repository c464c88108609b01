// SPDX-License-Identifier: Apache-2.0
// The writer's own thread: finds or makes the topic, takes delivery reports, produces what waits, and recovers from
// failures.
#include <array>
#include <utility>

#include "fault.hpp"
#include "writer.hpp"

namespace sluice::kafka {
namespace {

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

constexpr milliseconds tick{1000};
/// How often to look at the lock.
constexpr milliseconds lock_tick{200};
constexpr milliseconds short_tick{50};
constexpr milliseconds connect_deadline{10'000};
/// At the end: for what is on its way.
constexpr milliseconds last_wait{1000};
constexpr milliseconds ask_wait{300};

/// librdkafka says how long each attempt took, which makes the same reason another every time.
std::string without_duration(std::string_view reason) { return std::string(reason.substr(0, reason.find(" (after "))); }

}  // namespace

void Writer::start() {
  worker_.start("kafka-writer", [this](Pace&) { run(); });
  if (embedded_topic_ != nullptr) {
    embedded_topic_->on_room(this, [this] { wake(); });
  }
}

Writer::~Writer() {
  if (embedded_topic_ != nullptr) embedded_topic_->on_room(this, nullptr);
  worker_.ask_to_end();
  wake();
  worker_.end();
}

void Writer::run() {
  while (!is_ending()) {
    if (producer_ == nullptr) {
      connect();
      continue;
    }
    producer_->poll(lock_ == nullptr ? tick : lock_tick);
    flush_run();
    look_at_lock();
    if (is_broken_ || producer_->is_broken()) {
      recover();
      continue;
    }
    feed();
    if (producer_ == nullptr) continue;
    queued_.set(producer_->waiting());
    status_.check_progress(producer_->waiting(), settings_.topic);
    const std::optional<std::string> silent = heartbeat_ == nullptr ? std::nullopt : heartbeat_->trouble();
    if (silent) {
      if (status_.is_ready()) status_.trouble(transient(*silent));
    } else if (!status_.is_ready() && producer_->ask(ask_wait) == RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (producer_->waiting() == 0) status_.ready();
    }
  }
  finish();
}

/// Another process may have the lock: what is not on its way to a broker comes back. It is sent if the lock turns out
/// to be this process's still.
void Writer::look_at_lock() {
  const bool may = may_write();
  if (std::exchange(could_write_, may) == may || may) return;
  {
    const std::lock_guard lock(mutex_);
    withdraw_credit();
  }
  producer_->purge(lock_->is_lost());
}

void Writer::connect() {
  // Whatever makes another producer needed may concern the topic.
  if (!topic_ || (is_topic_stale_ && embedded_ == nullptr)) {
    Result<Topic> found = ensure_topic(settings_, connect_deadline, worker_.pace().is_ending());
    if (!found) {
      if (is_ending()) return;
      return pause_after(found.error());
    }
    topic_ = std::move(*found);
    is_topic_stale_ = false;
  }
  report_differences(*topic_);
  if (heartbeat_ == nullptr && embedded_ == nullptr) {
    Result<std::shared_ptr<SideClient>> side = SideClient::make(settings_, settings_.brokers);
    if (side) heartbeat_ = std::make_unique<Heartbeat>(std::move(*side));
  }
  Result<std::unique_ptr<Producer>> made =
      Producer::make(settings_, embedded_ == nullptr ? settings_.brokers : embedded_->brokers(), *topic_, *this,
                     must_sift() ? Producer::Manner::sifting : Producer::Manner::streaming);
  if (!made) return pause_after(made.error());
  // Before 2.10.1 librdkafka looks for a topic's leaders a second after its start, unless it is asked.
  (*made)->ask(ask_wait);
  {
    const std::lock_guard lock(mutex_);
    producer_ = std::move(*made);
  }
  // What was in trouble is not ready before the cluster has taken something.
  if (!status_.is_in_trouble()) status_.ready();
  feed();
}

void Writer::report_differences(Topic& topic) {
  if (std::exchange(topic.was_made, false)) {
    context_.info("created topic \"" + settings_.topic + "\" with " + std::to_string(topic.partition_count) +
                  (topic.partition_count == 1 ? " partition" : " partitions"));
  }
  if (topic.differences == said_differences_) return;
  said_differences_ = topic.differences;
  for (const std::string& difference : topic.differences) context_.warn(difference);
}

/// Produces what waits, in order, until there is no room; then, or when nothing waits, the stage's thread goes on.
void Writer::feed() {
  if (!may_write()) return;
  if (producer_->is_sifting()) {
    sift();
    if (is_broken_ || is_ending() || must_sift()) return;
    // What is left goes on by a producer that streams.
    drop_producer();
    return;
  }
  std::unique_lock lock(mutex_);
  while (!direct_ && !is_broken_ && may_write()) {
    if (backlog_.empty() && waiting_.empty()) {
      direct_ = true;
      if (is_held_) context_.hold(false);
      is_held_ = false;
      return;
    }
    if (backlog_.empty()) {
      const std::optional<uint32_t> slot = flights_.take(waiting_.front());
      if (!slot) return;
      waiting_.pop_front();
      backlog_.push_back(*slot);
    }
    const uint32_t slot = backlog_.front();
    lock.unlock();
    const bool is_whole = send_all(slot) == Sent::yes;
    lock.lock();
    if (!is_whole) return;
    backlog_.pop_front();
  }
}

/// Until nothing is with the producer any more.
void Writer::await_reports() {
  while (producer_->waiting() > 0 && !is_ending()) {
    // A broken producer sends nothing more, and keeps what comes back to be tried again.
    if (producer_->is_broken()) producer_->purge(false);
    if (lock_ != nullptr && lock_->is_lost()) producer_->purge(true);
    if (producer_->is_sifting()) {
      producer_->flush(short_tick);
    } else {
      producer_->poll(short_tick);
    }
    flush_run();
    queued_.set(producer_->waiting());
    status_.check_progress(producer_->waiting(), settings_.topic);
  }
}

void Writer::drop_producer() {
  others_.forget();
  std::unique_ptr<Producer> old;
  const std::lock_guard lock(mutex_);
  old = std::move(producer_);
}

/// Takes back what was not sent, waits for what was, and queues all of it again in its order, before what waits. A new
/// producer goes on, also because whatever happened may have changed the topic's limits.
void Writer::recover() {
  recoveries_.add();
  {
    const std::lock_guard lock(mutex_);
    withdraw_credit();
  }
  producer_->purge(false);
  await_reports();
  if (is_ending()) return;
  const std::vector<uint32_t> again = flights_.in_order();
  for (const uint32_t slot : again) {
    flights_[slot].sort_failed();
  }
  std::optional<Error> why = why_broken();
  is_topic_stale_ = true;
  {
    const std::lock_guard lock(mutex_);
    backlog_.assign(again.begin(), again.end());
    breakage_.reset();
    is_broken_ = false;
  }
  drop_producer();
  // Of a set that is refused: the next producer finds out why.
  if (!why || why->category == Category::permanent) return;
  pause_after(*why);
}

/// What the records said that came back; else what the producer says of itself.
std::optional<Error> Writer::why_broken() {
  const std::lock_guard lock(mutex_);
  if (breakage_ || !producer_->is_broken()) return breakage_;
  std::array<char, 512> text{};
  const rd_kafka_resp_err_t code = rd_kafka_fatal_error(producer_->client(), text.data(), text.size());
  return to_error(code, "the producer for topic \"" + settings_.topic + "\" broke", text.data());
}

void Writer::pause_after(const Error& trouble) {
  status_.trouble(trouble);
  Backoff& backoff = trouble.category == Category::transient ? backoff_ : person_backoff_;
  worker_.pace().sleep_for(backoff.next(context_.random()));
}

/// What is on its way gets a moment; then everything is forgotten, and its batches go without a verdict.
void Writer::finish() {
  if (producer_ != nullptr) {
    feed();
    const auto ends = Steady::now() + last_wait;
    while (may_write() && producer_->waiting() > 0 && Steady::now() < ends && status_.is_ready()) {
      producer_->poll(short_tick);
      flush_run();
      feed();
    }
    {
      const std::lock_guard lock(mutex_);
      direct_ = false;
    }
    producer_->purge(true);
    while (producer_->waiting() > 0 && Steady::now() < ends + last_wait) {
      producer_->poll(short_tick);
      flush_run();
    }
    producer_.reset();
  }
}

void Writer::on_client_error(rd_kafka_resp_err_t code, std::string_view reason) {
  if (code == RD_KAFKA_RESP_ERR__FATAL) {
    is_broken_ = true;
    producer_->yield();
    return;
  }
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
    const std::string& why = last_reason_.empty() ? std::string(reason) : last_reason_;
    status_.trouble(transient("no broker of " + settings_.brokers + " answers: " + why));
    return;
  }
  last_reason_ = without_duration(reason);
  if (category_of(code) == Category::operator_needed) {
    status_.trouble(to_error(code, "cannot use Kafka at " + settings_.brokers, std::string(reason)));
  }
}

void Writer::on_client_log(int, std::string_view line) { context_.debug(line); }

}  // namespace sluice::kafka
