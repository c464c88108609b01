// SPDX-License-Identifier: Apache-2.0
#include "start_lookup.hpp"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <chrono>

#include "fault.hpp"
#include "output_consumer.hpp"
#include "topic.hpp"

namespace sluice::kafka {
namespace {

constexpr int request_ms = 3000;
constexpr int watch_ms = 1000;
constexpr std::chrono::seconds watch_every{5};
constexpr std::chrono::milliseconds pause_between{300};
constexpr std::chrono::milliseconds long_pause{5000};
constexpr std::chrono::milliseconds topic_deadline{3000};

}  // namespace

StartLookup::StartLookup(rd_kafka_t* client, const Settings& settings, bool topic_is_there,
                         std::function<void()> changed)
    : client_(client), settings_(settings), changed_(std::move(changed)), topic_is_there_(topic_is_there) {
  // Signals are for the program's own threads.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_setname_np(thread_.native_handle(), "kafka-lookup");
}

StartLookup::~StartLookup() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  woken_.notify_all();
  thread_.join();
}

void StartLookup::ask(std::vector<Question> questions) {
  {
    const std::lock_guard lock(mutex_);
    questions_.insert(questions_.end(), questions.begin(), questions.end());
  }
  woken_.notify_all();
}

std::vector<StartLookup::Answer> StartLookup::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(answers_, {});
}

std::optional<Error> StartLookup::trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

void StartLookup::run() {
  while (!topic_is_there_ && !ended_) find_topic();
  std::chrono::steady_clock::time_point watch_at{};
  std::unique_lock lock(mutex_);
  while (!ended_) {
    if (questions_.empty()) {
      trouble_.reset();
      // Nudges that follow each other closely must not keep the watched ones from being asked for.
      const bool is_due = std::chrono::steady_clock::now() >= watch_at;
      const std::vector<int32_t> asked = is_due ? watched_ : std::exchange(nudged_, {});
      lock.unlock();
      std::map<int32_t, int64_t> ends = ends_of(asked);
      lock.lock();
      if (is_due) {
        ends_ = std::move(ends);
        watch_at = std::chrono::steady_clock::now() + watch_every;
      } else {
        for (const auto& [partition, end] : ends) ends_[partition] = end;
      }
      woken_.wait_until(lock, watch_at, [this] { return ended_ || !questions_.empty() || !nudged_.empty(); });
      continue;
    }
    const std::vector<Question> questions(questions_.begin(), questions_.end());
    questions_.clear();
    lock.unlock();
    work(questions);
    lock.lock();
  }
}

void StartLookup::watch(std::vector<int32_t> partitions) {
  const std::lock_guard lock(mutex_);
  watched_ = std::move(partitions);
}

void StartLookup::nudge(int32_t partition) {
  {
    const std::lock_guard lock(mutex_);
    // One that waits already, as the cluster is slow, says as much.
    if (std::find(nudged_.begin(), nudged_.end(), partition) != nudged_.end()) return;
    nudged_.push_back(partition);
  }
  woken_.notify_all();
}

int64_t StartLookup::watched_end(int32_t partition) const {
  const std::lock_guard lock(mutex_);
  const auto found = ends_.find(partition);
  return found == ends_.end() ? -1 : found->second;
}

/// As far as the cluster answers.
std::map<int32_t, int64_t> StartLookup::ends_of(const std::vector<int32_t>& partitions) const {
  std::map<int32_t, int64_t> ends;
  for (const int32_t partition : partitions) {
    int64_t begin = 0;
    int64_t end = 0;
    const rd_kafka_resp_err_t code =
        rd_kafka_query_watermark_offsets(client_, settings_.topic.c_str(), partition, &begin, &end, watch_ms);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) break;
    ends.emplace(partition, end);
  }
  return ends;
}

void StartLookup::find_topic() {
  Result<Topic> found = ensure_topic(settings_, topic_deadline, ended_);
  if (found) {
    topic_is_there_ = true;
    changed_();
  } else {
    complain(found.error());
  }
}

/// Says why, and pauses: longer when a person is needed.
void StartLookup::complain(const Error& why) {
  std::unique_lock lock(mutex_);
  const bool is_news = !trouble_ || trouble_->message != why.message;
  trouble_ = why;
  lock.unlock();
  if (is_news) changed_();
  lock.lock();
  woken_.wait_for(lock, why.category == Category::operator_needed ? long_pause : pause_between,
                  [this] { return ended_.load(); });
}

void StartLookup::reply(Answer answer) {
  {
    const std::lock_guard lock(mutex_);
    answers_.push_back(std::move(answer));
  }
  changed_();
}

/// To be asked again after a pause.
void StartLookup::put_back(const std::vector<Question>& questions, const Error& why) {
  {
    const std::lock_guard lock(mutex_);
    questions_.insert(questions_.end(), questions.begin(), questions.end());
  }
  complain(why);
}

Result<std::vector<std::optional<int64_t>>> StartLookup::committed(const std::vector<Question>& questions) const {
  const PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(questions.size())));
  for (const Question& each : questions) {
    rd_kafka_topic_partition_list_add(list.get(), settings_.topic.c_str(), each.partition);
  }
  const std::string what = "cannot ask for the committed offsets of group \"" + settings_.group + "\"";
  const rd_kafka_resp_err_t code = ask_committed(client_, list.get(), std::chrono::milliseconds(request_ms));
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return to_error(code, what);
  std::vector<std::optional<int64_t>> offsets;
  for (const Question& each : questions) {
    const rd_kafka_topic_partition_t* found =
        rd_kafka_topic_partition_list_find(list.get(), settings_.topic.c_str(), each.partition);
    if (found->err != RD_KAFKA_RESP_ERR_NO_ERROR) return to_error(found->err, what);
    offsets.push_back(found->offset >= 0 ? std::optional(found->offset) : std::nullopt);
  }
  return offsets;
}

void StartLookup::work(const std::vector<Question>& questions) {
  Result<std::vector<std::optional<int64_t>>> stored = committed(questions);
  if (!stored) return put_back(questions, stored.error());
  std::vector<Question> failed;
  rd_kafka_resp_err_t reason = RD_KAFKA_RESP_ERR_NO_ERROR;
  for (size_t i = 0; i < questions.size(); ++i) {
    Offsets offsets{questions[i].stood_at ? questions[i].stood_at : (*stored)[i]};
    const rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(
        client_, settings_.topic.c_str(), questions[i].partition, &offsets.begin, &offsets.end, request_ms);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      reply({questions[i], offsets});
    } else {
      reason = code;
      failed.push_back(questions[i]);
    }
  }
  if (failed.empty()) return;
  put_back(failed, to_error(reason, "cannot ask where partition " + std::to_string(failed.back().partition) +
                                        " of topic \"" + settings_.topic + "\" begins and ends"));
}

}  // namespace sluice::kafka
