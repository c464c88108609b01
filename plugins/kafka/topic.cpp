// SPDX-License-Identifier: Apache-2.0
#include "topic.hpp"

#include <cstdlib>

#include "inquiry.hpp"

namespace sluice::kafka {
namespace {

using std::chrono::milliseconds;

/// For what is good to know, and can be done without.
constexpr milliseconds config_patience{1000};

std::string days(int64_t retention_ms) {
  if (retention_ms < 0) return "for ever";
  constexpr int64_t second = 1000;
  constexpr int64_t hour = 3600 * second;
  constexpr int64_t day = 24 * hour;
  if (retention_ms % day == 0) return "for " + std::to_string(retention_ms / day) + "d";
  if (retention_ms % hour == 0) return "for " + std::to_string(retention_ms / hour) + "h";
  return "for " + std::to_string(retention_ms / second) + "s";
}

std::string subject_of(const Settings& settings) { return "topic \"" + settings.topic + "\" at " + settings.brokers; }

std::string has_partitions(const Settings& settings, int32_t count) {
  return subject_of(settings) + " has " + std::to_string(count) + (count == 1 ? " partition" : " partitions");
}

std::optional<int64_t> number(const ConfigTexts& texts, const char* name) {
  const auto found = texts.find(name);
  if (found == texts.end()) return std::nullopt;
  return std::strtoll(found->second.c_str(), nullptr, 10);
}

void read_config(const ConfigTexts& texts, Topic& topic) {
  topic.retention_ms = number(texts, "retention.ms");
  topic.max_message_bytes = number(texts, "max.message.bytes");
  topic.timestamps.before_ms = number(texts, "message.timestamp.before.max.ms");
  topic.timestamps.after_ms = number(texts, "message.timestamp.after.max.ms");
}

Result<void> compare(const Settings& settings, Topic& topic) {
  for (const auto& [key, partition] : settings.partitions) {
    if (partition < topic.partition_count) continue;
    return operator_needed(no_such_partition(settings, topic.partition_count, key, partition), "too_few_partitions");
  }
  if (auto sentence = other_partition_count(settings, topic.partition_count)) {
    topic.differences.push_back(std::move(*sentence));
  }
  if (auto sentence = other_retention(settings, topic.retention_ms)) topic.differences.push_back(std::move(*sentence));
  return {};
}

}  // namespace

Error missing_topic(const Settings& settings) {
  return operator_needed(
      "topic \"" + settings.topic + "\" does not exist at " + settings.brokers + "; make it, or say create: true",
      "UNKNOWN_TOPIC_OR_PART");
}

std::string no_such_partition(const Settings& settings, int32_t count, std::string_view key, int64_t partition) {
  return has_partitions(settings, count) + ", and `partitions` sends " + std::string(key) + " to partition " +
         std::to_string(partition) + "; add partitions to the topic, or change the map";
}

std::optional<std::string> other_partition_count(const Settings& settings, int32_t count) {
  if (!settings.has_partition_count || settings.partition_count == count) return std::nullopt;
  return has_partitions(settings, count) + ", and partition_count says " + std::to_string(settings.partition_count);
}

std::optional<std::string> other_retention(const Settings& settings, std::optional<int64_t> retention_ms) {
  if (!settings.has_retention || !retention_ms || *retention_ms == settings.retention_ms) return std::nullopt;
  return subject_of(settings) + " keeps records " + days(*retention_ms) + ", and the graph says " +
         days(settings.retention_ms).substr(4) + "; it stays as it is";
}

Result<Topic> ensure_topic(const Settings& settings, milliseconds deadline, const std::atomic<bool>& cancelled) {
  Result<std::unique_ptr<Inquiry>> made_inquiry = Inquiry::make(settings, deadline, cancelled);
  if (!made_inquiry) return made_inquiry.error();
  Inquiry& inquiry = **made_inquiry;
  Topic topic;
  while (true) {
    Result<std::optional<TopicFacts>> facts = inquiry.topic();
    if (!facts) return facts.error();
    if (*facts) {
      topic.partition_count = static_cast<int32_t>((*facts)->partitions.size());
      break;
    }
    if (!settings.create) return missing_topic(settings);
    // One that was just made is not known to every broker at once.
    if (!topic.was_made) {
      if (Result<void> made = inquiry.create(Inquiry::Creation::real); !made) return made.error();
    }
    topic.was_made = true;
    if (inquiry.is_over()) return transient("topic \"" + settings.topic + "\" was made, and no broker knows it yet");
  }
  // Not every user may ask for it: without an answer it stays unknown.
  if (Result<ConfigTexts> texts = inquiry.topic_config(config_patience)) read_config(*texts, topic);
  if (Result<void> fits = compare(settings, topic); !fits) return fits.error();
  return topic;
}

}  // namespace sluice::kafka
