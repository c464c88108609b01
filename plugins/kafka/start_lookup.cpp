// SPDX-License-Identifier: Apache-2.0
#include "start_lookup.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>

#include "fault.hpp"
#include "group_facts.hpp"
#include "topic.hpp"
#include "topic_facts.hpp"

namespace sluice::kafka {
namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds request_patience{3000};
constexpr std::chrono::seconds watch_every{5};
constexpr milliseconds pause_between{300};
constexpr milliseconds long_pause{5000};
constexpr milliseconds topic_deadline{3000};

}  // namespace

struct StartLookup::State {
  State(std::shared_ptr<SideClient> with, std::function<void()> call)
      : client(std::move(with)), changed(std::move(call)) {}

  void run(Pace& pace);
  void find_topic(Pace& pace);
  void work(Pace& pace, std::vector<Question> questions);
  bool look_for_holder(const std::string& whose);
  void look_at_ends();
  void put_back(Pace& pace, const std::vector<Question>& questions, const Error& why);
  void complain(Pace& pace, const Error& why);
  bool has_work() const { return !questions.empty() || !instance.empty(); }
  const Settings& settings() const { return client->settings(); }

  const std::shared_ptr<SideClient> client;
  const std::function<void()> changed;
  std::atomic<bool> topic_is_there{false};
  std::atomic<int32_t> first_partition_count{0};
  Steady::time_point watch_at{};  ///< of the thread
  mutable std::mutex mutex;
  // Guarded by mutex.
  std::vector<Question> questions;
  std::vector<Answer> answers;
  std::string instance;  ///< whose holder is asked for
  std::optional<Holder> holder;
  std::optional<Error> trouble;
  std::vector<int32_t> watched;
  std::map<int32_t, int64_t> ends;
};

StartLookup::StartLookup(std::shared_ptr<SideClient> client, bool topic_is_there, std::function<void()> changed)
    : state_(std::make_shared<State>(std::move(client), std::move(changed))) {
  state_->topic_is_there = topic_is_there;
  worker_.start("kafka-lookup", [state = state_](Pace& pace) { state->run(pace); });
}

StartLookup::~StartLookup() { worker_.end_within(worker_patience); }

void StartLookup::ask(std::vector<Question> questions) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->questions.insert(state_->questions.end(), questions.begin(), questions.end());
  }
  worker_.wake();
}

std::vector<StartLookup::Answer> StartLookup::take() {
  const std::lock_guard lock(state_->mutex);
  return std::exchange(state_->answers, {});
}

void StartLookup::ask_holder(const std::string& instance) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->instance = instance;
    state_->holder.reset();
  }
  worker_.wake();
}

std::optional<StartLookup::Holder> StartLookup::take_holder() {
  const std::lock_guard lock(state_->mutex);
  return std::exchange(state_->holder, std::nullopt);
}

std::optional<Error> StartLookup::trouble() const {
  const std::lock_guard lock(state_->mutex);
  return state_->trouble;
}

void StartLookup::watch(std::vector<int32_t> partitions) {
  const std::lock_guard lock(state_->mutex);
  state_->watched = std::move(partitions);
}

int64_t StartLookup::watched_end(int32_t partition) const {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->ends.find(partition);
  return found == state_->ends.end() ? -1 : found->second;
}

bool StartLookup::topic_is_there() const { return state_->topic_is_there.load(); }
int32_t StartLookup::first_partition_count() const { return state_->first_partition_count.load(); }

void StartLookup::State::run(Pace& pace) {
  while (!topic_is_there && !pace.is_ending()) find_topic(pace);
  while (!pace.is_ending()) {
    std::vector<Question> asked;
    std::string whose;
    {
      const std::lock_guard lock(mutex);
      asked = std::exchange(questions, {});
      whose = std::exchange(instance, {});
    }
    if (!whose.empty()) {
      const bool is_answered = look_for_holder(whose);
      pace.unless_ending(changed);
      if (!is_answered) pace.wait_for(pause_between);
    }
    if (!asked.empty()) work(pace, std::move(asked));
    if (Steady::now() >= watch_at) look_at_ends();
    std::unique_lock lock(mutex);
    if (has_work()) continue;
    lock.unlock();
    pace.wait_for(std::max<std::chrono::nanoseconds>(watch_at - Steady::now(), milliseconds(1)));
  }
}

void StartLookup::State::find_topic(Pace& pace) {
  Result<Topic> found = ensure_topic(settings(), topic_deadline, pace.is_ending());
  if (found) {
    topic_is_there = true;
    {
      const std::lock_guard lock(mutex);
      trouble.reset();
    }
    pace.unless_ending(changed);
  } else {
    complain(pace, found.error());
  }
}

/// Says why, and pauses: longer when a person is needed.
void StartLookup::State::complain(Pace& pace, const Error& why) {
  bool is_news = false;
  {
    const std::lock_guard lock(mutex);
    is_news = !trouble || trouble->message != why.message;
    trouble = why;
  }
  if (is_news) pace.unless_ending(changed);
  pace.wait_for(why.category == Category::operator_needed ? long_pause : pause_between);
}

/// To be asked again after a pause.
void StartLookup::State::put_back(Pace& pace, const std::vector<Question>& back, const Error& why) {
  {
    const std::lock_guard lock(mutex);
    questions.insert(questions.end(), back.begin(), back.end());
  }
  complain(pace, why);
}

/// As far as the cluster answers.
void StartLookup::State::look_at_ends() {
  std::vector<int32_t> numbers;
  {
    const std::lock_guard lock(mutex);
    numbers = watched;
  }
  watch_at = Steady::now() + (numbers.empty() ? std::chrono::nanoseconds(milliseconds(500)) : watch_every);
  std::map<int32_t, int64_t> found;
  if (!numbers.empty()) {
    const std::vector<Result<int64_t>> answer = ask_ends(client->get(), settings().topic, numbers, request_patience);
    for (size_t i = 0; i < numbers.size(); ++i) {
      if (answer[i]) found.emplace(numbers[i], *answer[i]);
    }
  }
  const std::lock_guard lock(mutex);
  ends = std::move(found);
}

/// Without an answer for this user nobody is known.
bool StartLookup::State::look_for_holder(const std::string& whose) {
  Result<GroupFacts> group = ask_group(client->get(), settings().group, request_patience);
  std::optional<Holder> found;
  if (group) {
    found.emplace();
    for (const std::string& member : group->members) {
      if (is_of_instance(member, whose)) found->member_id = member;
    }
  } else if (group.error().category != Category::transient) {
    found.emplace();
  }
  const std::lock_guard lock(mutex);
  if (found) {
    holder = std::move(found);
    trouble.reset();
    return true;
  }
  trouble = group.error();
  if (instance.empty()) instance = whose;
  return false;
}

void StartLookup::State::work(Pace& pace, std::vector<Question> asked) {
  const std::string& topic = settings().topic;
  Result<std::optional<TopicFacts>> facts = ask_topic(client->get(), settings().brokers, topic, request_patience);
  if (!facts) return put_back(pace, asked, facts.error());
  if (!*facts) return put_back(pace, asked, transient("topic \"" + topic + "\" no longer exists"));
  const std::vector<PartitionFacts>& partitions = (*facts)->partitions;
  Result<Committed> committed =
      ask_committed(client->get(), settings().group, topic, partitions.size(), request_patience);
  if (!committed) return put_back(pace, asked, committed.error());
  if (first_partition_count == 0) first_partition_count = committed->first_partition_count;
  std::vector<Question> failed;
  std::optional<Error> why;
  std::vector<Question> askable;
  std::vector<int32_t> numbers;
  for (const Question& each : asked) {
    const auto number = static_cast<size_t>(each.partition);
    const bool has_leader = number < partitions.size() && partitions[number].leader >= 0;
    (has_leader ? askable : failed).push_back(each);
    if (has_leader) numbers.push_back(each.partition);
  }
  if (!failed.empty()) {
    why = transient("partition " + std::to_string(failed.front().partition) + " of topic \"" + topic +
                        "\" has no leader now, so the node cannot read it until it has one",
                    "LEADER_NOT_AVAILABLE");
  }
  const std::vector<Result<LogEnds>> log = ask_log_ends(client->get(), topic, numbers, request_patience);
  {
    const std::lock_guard lock(mutex);
    for (size_t i = 0; i < askable.size(); ++i) {
      if (!log[i]) {
        failed.push_back(askable[i]);
        why = log[i].error();
        continue;
      }
      const int32_t number = askable[i].partition;
      Offsets offsets;
      offsets.wanted = askable[i].stood_at ? askable[i].stood_at : committed->offsets[static_cast<size_t>(number)];
      offsets.begin = log[i]->begin;
      offsets.end = log[i]->end;
      offsets.came_later = number >= first_partition_count.load();
      answers.push_back({askable[i], offsets});
    }
    if (!why) trouble.reset();
  }
  pace.unless_ending(changed);
  if (why) put_back(pace, failed, *why);
}

}  // namespace sluice::kafka
