// SPDX-License-Identifier: Apache-2.0
#include "write_lock.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>

#include "group_watch.hpp"
#include "lock_member.hpp"

namespace sluice::kafka {
namespace {

using std::chrono::milliseconds;

/// How soon a node hears that nobody waits any more.
constexpr milliseconds look_every{200};
constexpr milliseconds leave_patience{1000};
constexpr size_t most_of_host_name = 60;

/// How other processes name this one.
std::string client_id() {
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  return "sluice-" + std::string(host.data()).substr(0, most_of_host_name) + "-" + std::to_string(getpid());
}

}  // namespace

Settings lock_settings(const Settings& relay) {
  Settings made = relay;
  made.topic = made.group = relay.lock;
  made.member.clear();
  made.key.clear();
  made.headers.clear();
  made.partitions.clear();
  made.partition_count = 1;
  made.has_retention = false;
  const bool is_named = std::any_of(made.options.begin(), made.options.end(),
                                    [](const auto& option) { return option.first == "client.id"; });
  if (!is_named) made.options.emplace_back("client.id", client_id());
  return made;
}

Error unfit_for_lock(const Settings& lock, int64_t partition_count) {
  return operator_needed(
      "topic \"" + lock.topic + "\" at " + lock.brokers + " has " + std::to_string(partition_count) +
          " partitions, and the topic of a lock has one; choose another name for the lock, or delete "
          "the topic",
      "too_many_partitions");
}

bool LockState::may_write() const { return GroupWatch::lease_now_ns() < held_until_ns_.load(); }

void LockState::held_until(int64_t lease_ns) {
  held_until_ns_ = lease_ns;
  const std::lock_guard lock(mutex_);
  if (is_held_) return;
  is_held_ = true;
  changed_.notify_all();
}

void LockState::waits(std::string sentence) {
  const std::lock_guard lock(mutex_);
  sentence_ = std::move(sentence);
  changed_.notify_all();
}

void LockState::lost(Error why) {
  held_until_ns_ = 0;
  is_lost_ = true;
  const std::lock_guard lock(mutex_);
  if (!why_) why_ = std::move(why);
  changed_.notify_all();
}

Result<void> LockState::follow(Claim& claim) {
  bool was_held = false;
  std::string said;
  while (claim.is_wanted()) {
    std::optional<std::string> now_waits;
    bool is_new = false;
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, look_every, [&] { return why_ || is_held_ != was_held || sentence_ != said; });
      if (why_) return *why_;
      is_new = is_held_ && !was_held;
      was_held = is_held_;
      if (sentence_ != said) now_waits = said = sentence_;
    }
    if (is_new) claim.held();
    if (now_waits && !was_held) claim.waits(*now_waits);
  }
  return {};
}

std::shared_ptr<WriteLock> WriteLock::of(Context context, const Settings& settings) {
  struct Process {
    std::mutex mutex;
    std::map<std::string, std::weak_ptr<WriteLock>> locks;
  };
  // Never destroyed: a node may outlive the program's statics.
  static Process& process = *new Process;
  const std::lock_guard lock(process.mutex);
  std::weak_ptr<WriteLock>& known = process.locks[settings.brokers + "\n" + settings.lock];
  if (std::shared_ptr<WriteLock> running = known.lock()) return running;
  auto made = std::make_shared<WriteLock>(context, settings);
  known = made;
  return made;
}

WriteLock::WriteLock(Context context, const Settings& settings)
    : context_(context), settings_(lock_settings(settings)) {}

Result<void> WriteLock::claim(Claim& claim) {
  {
    const std::lock_guard lock(mutex_);
    if (!worker_.is_started()) {
      worker_.start("kafka-lock", [context = context_, settings = settings_, state = state_, wake = wake_](Pace& pace) {
        LockMember(context, settings, *state, wake, pace).run();
      });
    }
  }
  return state_->follow(claim);
}

WriteLock::~WriteLock() {
  worker_.ask_to_end();
  wake_->wake();
  worker_.end_within(leave_patience);
}

}  // namespace sluice::kafka
