// SPDX-License-Identifier: Apache-2.0
#include "probe.hpp"

#include <algorithm>
#include <cstdlib>

#include "inquiry.hpp"
#include "topic.hpp"
#include "write_lock.hpp"

namespace sluice::kafka {
namespace {

constexpr std::chrono::milliseconds deadline{8000};
constexpr std::chrono::milliseconds config_patience{3000};
constexpr const char* our_assignor = "cooperative-sticky";

struct Probe {
  Config config;
  Description& description;
  const Settings& settings;
  Inquiry& inquiry;

  std::string topic() const { return "topic \"" + settings.topic + "\""; }
  void look_at_missing_topic();
  void look_at_partitions(const TopicFacts& facts);
  void look_at_topic_config(const TopicFacts& facts);
  void look_at_replicas(const TopicFacts& facts, int64_t least_in_sync);
  void look_at_group();
  void look_at_offsets(const TopicFacts& facts);
  void look_at_session();
};

std::optional<int64_t> number(const ConfigTexts& texts, const std::string& name) {
  const auto found = texts.find(name);
  if (found == texts.end()) return std::nullopt;
  return std::strtoll(found->second.c_str(), nullptr, 10);
}

std::string count_of(size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

void Probe::look_at_missing_topic() {
  if (!settings.create) {
    description.problem(config["topic"], missing_topic(settings).message);
    return;
  }
  if (Result<void> tried = inquiry.create(Inquiry::Creation::dry_run); !tried) {
    const bool is_replication = tried.error().code == "INVALID_REPLICATION_FACTOR" && config["replication"];
    description.problem(is_replication ? config["replication"] : config["topic"], tried.error().message);
  }
}

void Probe::look_at_partitions(const TopicFacts& facts) {
  const auto count = static_cast<int32_t>(facts.partitions.size());
  const Config map = config["partitions"];
  for (uint64_t i = 0; i < map.size(); ++i) {
    if (map[i].integer() < count) continue;
    description.problem(map[i], no_such_partition(settings, count, map[i].key(), map[i].integer()));
  }
  if (auto sentence = other_partition_count(settings, count)) {
    description.warning(config["partition_count"], *sentence);
  }
}

void Probe::look_at_topic_config(const TopicFacts& facts) {
  Result<ConfigTexts> texts = inquiry.topic_config(config_patience);
  if (!texts) {
    description.warning(config["topic"],
                        texts.error().message + "; retention and min.insync.replicas could not be compared");
    return;
  }
  if (auto sentence = other_retention(settings, number(*texts, "retention.ms"))) {
    description.warning(config["retention"], *sentence);
  }
  const auto policy = texts->find("cleanup.policy");
  if (policy != texts->end() && policy->second.find("compact") != std::string::npos) {
    description.warning(config["topic"], topic() + " is compacted (cleanup.policy=" + policy->second +
                                             "): older records of a key disappear, read or not");
  }
  look_at_replicas(facts, number(*texts, "min.insync.replicas").value_or(1));
}

/// Every record waits for all replicas that are in sync, and those must be at least as many as the topic demands.
void Probe::look_at_replicas(const TopicFacts& facts, int64_t least_in_sync) {
  if (facts.partitions.empty()) return;
  int64_t replicas = INT64_MAX;
  int64_t in_sync = INT64_MAX;
  for (const PartitionFacts& partition : facts.partitions) {
    replicas = std::min<int64_t>(replicas, static_cast<int64_t>(partition.replicas.size()));
    in_sync = std::min<int64_t>(in_sync, partition.in_sync);
  }
  const std::string demands = topic() + " demands min.insync.replicas=" + std::to_string(least_in_sync);
  const Config replication = config["replication"];
  if (replication && replication.integer() != replicas) {
    description.warning(replication, topic() + " has " + count_of(static_cast<size_t>(replicas), "replica") + ", not " +
                                         std::to_string(replication.integer()) + "; it stays as it is");
  }
  if (description.role() == Role::relay_output) return;
  if (least_in_sync > replicas) {
    description.problem(config["topic"],
                        demands + " and has " + count_of(static_cast<size_t>(replicas), "replica") +
                            ": no record would ever be acknowledged; lower the one or raise the other");
  } else if (in_sync < least_in_sync) {
    description.problem(config["topic"], demands + ", and now only " + std::to_string(in_sync) +
                                             " is in sync: records would wait until brokers come back");
  } else if (replicas > 1 && least_in_sync == 1) {
    description.warning(config["topic"], demands +
                                             ": while other brokers are away, what is acknowledged is on one alone; 2 "
                                             "would be safe against losing it");
  }
}

void Probe::look_at_group() {
  Result<GroupFacts> facts = inquiry.group();
  if (!facts) {
    description.problem(config["group"], facts.error().message);
    return;
  }
  if (facts->assignor.empty() || facts->assignor == our_assignor) return;
  description.problem(config["group"], "the " + count_of(facts->members.size(), "member") + " of group \"" +
                                           settings.group + "\" agreed on " + facts->assignor +
                                           ", and sluice shares partitions by " + our_assignor +
                                           ": stop them, or use a group of its own");
}

void Probe::look_at_offsets(const TopicFacts& facts) {
  Result<std::vector<std::optional<Offsets>>> offsets = inquiry.offsets(facts);
  if (!offsets) {
    description.problem(config["group"], offsets.error().message);
    return;
  }
  for (size_t i = 0; i < offsets->size(); ++i) {
    if (!(*offsets)[i]) {
      description.warning(config["topic"], "partition " + std::to_string(i) + " of " + topic() +
                                               " has no leader now, so nothing can read or write it until it has one");
      continue;
    }
    Result<StartPosition> start = start_position(settings, static_cast<int32_t>(i), *(*offsets)[i]);
    if (!start) {
      description.problem(config["group"], start.error().message);
    } else if (!start->note.empty()) {
      description.warning(config["expired"], start->note);
    }
  }
}

void Probe::look_at_session() {
  Result<ConfigTexts> texts = inquiry.broker_config(config_patience);
  if (!texts) return;  // a right that few have and nothing else needs
  const std::optional<int64_t> least = number(*texts, "group.min.session.timeout.ms");
  const std::optional<int64_t> most = number(*texts, "group.max.session.timeout.ms");
  const std::string asked = std::to_string(settings.session_timeout_ms) + " ms";
  if (least && settings.session_timeout_ms < *least) {
    description.problem(config["session_timeout"], asked +
                                                       " is less than the cluster allows: its "
                                                       "group.min.session.timeout.ms is " +
                                                       std::to_string(*least));
  }
  if (most && settings.session_timeout_ms > *most) {
    description.problem(config["session_timeout"], asked +
                                                       " is more than the cluster allows: its "
                                                       "group.max.session.timeout.ms is " +
                                                       std::to_string(*most));
  }
}

/// What joining the group of the lock will need.
void probe_lock(Config config, Description& description, const Settings& relay) {
  const Settings settings = lock_settings(relay);
  const std::atomic<bool> never{false};
  Result<void> found;
  Result<std::unique_ptr<Inquiry>> inquiry = Inquiry::make(settings, deadline, never);
  if (!inquiry) {
    found = inquiry.error();
  } else if (Result<std::optional<TopicFacts>> topic = (*inquiry)->topic(); !topic) {
    found = topic.error();
  } else if (*topic && (*topic)->partitions.size() != 1) {
    found = unfit_for_lock(settings, static_cast<int64_t>((*topic)->partitions.size()));
  } else if (!*topic) {
    found = settings.create ? (*inquiry)->create(Inquiry::Creation::dry_run) : missing_topic(settings);
  }
  if (found.ok()) found = (*inquiry)->may_read_group();
  if (!found) description.problem(config["lock"], found.error().message);
}

}  // namespace

Result<void> probe_cluster(Config config, Description& description) {
  std::vector<Problem> known;  // describe has reported them
  const Settings settings = read_settings(config, known);
  if (settings.is_embedded || !known.empty()) return {};
  const std::atomic<bool> never{false};
  Result<std::unique_ptr<Inquiry>> made = Inquiry::make(settings, deadline, never);
  if (!made) return made.error();
  Inquiry& inquiry = **made;
  Result<std::optional<TopicFacts>> topic = inquiry.topic();
  if (!topic && !inquiry.is_answering()) return topic.error();
  Probe probe{config, description, settings, inquiry};
  // Each half looks at the topic when it starts; what both find is said once.
  const bool is_output = description.role() == Role::relay_output;
  if (!topic) {
    description.problem(config["topic"], topic.error().message);
  } else if (!*topic) {
    probe.look_at_missing_topic();
  } else {
    probe.look_at_partitions(**topic);
    if (!is_output) probe.look_at_topic_config(**topic);
  }
  if (!is_output && !settings.lock.empty()) probe_lock(config, description, settings);
  if (!is_output || settings.group.empty()) return {};
  if (Result<void> may = inquiry.may_read_group(); !may) {
    description.problem(config["group"], may.error().message);
    return {};
  }
  probe.look_at_group();
  probe.look_at_session();
  if (topic && *topic) probe.look_at_offsets(**topic);
  return {};
}

}  // namespace sluice::kafka
