// SPDX-License-Identifier: Apache-2.0
#include "log_parts.hpp"

#include <chrono>
#include <thread>

#include "topic_facts.hpp"

namespace sluice::kafka {
namespace {

constexpr std::chrono::milliseconds request_patience{1000};
constexpr std::chrono::milliseconds pause_between{100};

Result<LogParts> find_log_parts(const SideClient& client, const std::string& brokers) {
  const std::string& topic = client.settings().topic;
  Result<std::optional<TopicFacts>> facts = ask_topic(client.get(), brokers, topic, request_patience);
  if (!facts) return facts.error();
  LogParts found;
  if (!*facts) return found;
  std::vector<int32_t> numbers;
  for (size_t i = 0; i < (*facts)->partitions.size(); ++i) {
    const auto number = static_cast<int32_t>(i);
    if ((*facts)->partitions[i].leader >= 0) {
      numbers.push_back(number);
    } else {
      found.trouble = transient("partition " + std::to_string(number) + " of topic \"" + topic +
                                    "\" has no leader now, so its records cannot be read",
                                "LEADER_NOT_AVAILABLE");
    }
  }
  const std::vector<Result<LogEnds>> ends = ask_log_ends(client.get(), topic, numbers, request_patience);
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (!ends[i]) {
      found.trouble = ends[i].error();
    } else if (ends[i]->begin < ends[i]->end) {
      found.parts.push_back({numbers[i], ends[i]->begin, ends[i]->end});
    }
  }
  return found;
}

bool may_pass(const Result<LogParts>& found) {
  if (!found) return found.error().category == Category::transient;
  return found->trouble && found->trouble->category == Category::transient;
}

}  // namespace

Settings reading_settings(Settings settings, std::initializer_list<std::pair<const char*, const char*>> more) {
  settings.group.clear();
  settings.member.clear();
  settings.options.emplace_back("enable.partition.eof", "true");
  for (const auto& [name, value] : more) settings.options.emplace_back(name, value);
  return settings;
}

Result<LogParts> await_log_parts(SideClient& client, const std::string& brokers,
                                 const std::function<bool(bool is_partly_known)>& may_wait) {
  Result<LogParts> found = find_log_parts(client, brokers);
  while (may_pass(found) && may_wait(found.ok())) {
    std::this_thread::sleep_for(pause_between);
    found = find_log_parts(client, brokers);
  }
  if (found) return found;
  const std::string reason = client.last_reason();
  Error error = found.error();
  if (!reason.empty()) error.message += " (" + reason + ")";
  return error;
}

}  // namespace sluice::kafka
