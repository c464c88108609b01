// SPDX-License-Identifier: Apache-2.0
// Makes sure that the topic is there: asks for it, makes it where the graph says so, and compares one that is there
// with what the graph asks for. Uses a client of its own for as long as it takes; waits, so never on a stage's thread.
// Changes nothing of a topic that exists.
#pragma once
#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "settings.hpp"
#include "sluice/result.hpp"
#include "timestamp_limits.hpp"

namespace sluice::kafka {

struct Topic {
  int32_t partition_count = 0;
  std::optional<int64_t> max_message_bytes{};  ///< nothing: the cluster would not say
  std::optional<int64_t> retention_ms{};       ///< -1: for ever
  TimestampLimits timestamps{};
  bool was_made = false;
  std::vector<std::string> differences{};  ///< from what the graph asks for; sentences that do not hinder
};

/// Fails as transient when no broker answers by the deadline, at once when all refuse the connection; as the operator's
/// for rights, passwords, and a topic that has too few partitions or is missing with create: false. `cancelled` ends
/// it early.
Result<Topic> ensure_topic(const Settings& settings, std::chrono::milliseconds deadline,
                           const std::atomic<bool>& cancelled);

// What a start and `validate --connect` say of a topic that is not what the graph asks for. The first two hinder.
Error missing_topic(const Settings& settings);
std::string no_such_partition(const Settings& settings, int32_t count, std::string_view key, int64_t partition);
std::optional<std::string> other_partition_count(const Settings& settings, int32_t count);
std::optional<std::string> other_retention(const Settings& settings, std::optional<int64_t> retention_ms);

}  // namespace sluice::kafka
