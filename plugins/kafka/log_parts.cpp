// SPDX-License-Identifier: Apache-2.0
#include "log_parts.hpp"

#include <chrono>

#include "topic_facts.hpp"

namespace sluice::kafka {
namespace {

constexpr std::chrono::milliseconds request_patience{1000};

}  // namespace

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

}  // namespace sluice::kafka
