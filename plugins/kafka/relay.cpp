// SPDX-License-Identifier: Apache-2.0
#include "relay.hpp"

#include <algorithm>

#include "output_consumer.hpp"

namespace sluice::kafka {
namespace {

constexpr int64_t mebibyte = int64_t{1} << 20;
/// What librdkafka holds of a record besides its payload, which stays in the batch: its own structures, key, headers.
constexpr int64_t record_bytes = 512;
/// Requests on their way to a broker and their answers.
constexpr int64_t socket_bytes = 16 * mebibyte;

std::string option(const Settings& settings, std::string_view name, std::string fallback) {
  for (const auto& [key, value] : settings.options) {
    if (key == name) return value;
  }
  return fallback;
}

int64_t number(const Settings& settings, std::string_view name, int64_t fallback) {
  const std::string text = option(settings, name, std::to_string(fallback));
  const bool is_number = !text.empty() && text.size() < 16 &&
                         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  return is_number ? std::stoll(text) : fallback;
}

void describe_durable(const Settings& settings, Description& description) {
  if (settings.is_embedded) {
    description.durable(false, "in memory only: brokers: embedded keeps its records as long as the process lives");
  } else {
    description.durable(true, "acknowledged by all in-sync replicas: acks=all");
  }
}

void describe_input(Config config, const Settings& settings, Description& description) {
  // The attributes of the table (key, headers) are needed without a word; the default header is not in the table.
  if (!config["headers"]) {
    for (const std::string& name : settings.headers) description.needs(name);
  }
  describe_durable(settings, description);
  description.idempotent(false, "a topic keeps a record again when it is written again");
  description.max_in_flight(settings.max_in_flight);
  description.memory_bytes(number(settings, "queue.buffering.max.messages", 100'000) * record_bytes + socket_bytes);
}

void describe_output(Config config, const Settings& settings, Description& description) {
  if (settings.group.empty()) {
    description.problem(config["group"],
                        "group is missing: an edge leaves this node, and what it reads is committed under a consumer "
                        "group's name, as in `group: binance-buffer`");
  }
  if (!settings.key.empty()) description.provides_text(settings.key);
  for (const std::string& name : settings.headers) {
    if (name != settings.key) description.provides_text(name);
  }
  description.provides_text("topic");
  description.provides_integer("partition");
  description.provides_integer("offset");
  // Whoever stores a dead letter wants to say where it came from, and may not insist on it: its own need would be an
  // error where records come another way. So these are asked for here, where they are always there.
  for (const char* name : {"topic", "partition", "offset"}) description.needs(name);
  description.replay(Replay::from_commit, settings.is_embedded
                                              ? "from the offsets committed in the embedded log"
                                              : "from the offsets that group " + settings.group + " has committed");
  // Said once: either alone takes "no loss" away.
  if (settings.start == Start::latest) {
    description.skips("start: latest leaves out what was written before the group began");
  } else if (settings.expired != Expired::error) {
    description.skips("expired leaves out what was deleted before it was read, instead of stopping");
  }
  describe_durable(settings, description);
  const int64_t partitions = settings.partition_count;
  const int64_t ahead_kib = number(settings, "queued.max.messages.kbytes", ahead_kib_of_each(partitions)) * partitions;
  const int64_t ahead_count = number(settings, "queued.min.messages", ahead_records_of_each(partitions)) * partitions;
  description.memory_bytes(ahead_kib * 1024 + ahead_count * ahead_record_bytes + socket_bytes);
}

}  // namespace

void Relay::describe(Config config, Description& description) {
  std::vector<Problem> problems;
  const Settings settings = read_settings(config, problems);
  for (const Problem& problem : problems) description.problem(problem.where, problem.sentence);
  if (description.role() == Role::relay_output) {
    describe_output(config, settings, description);
  } else {
    describe_input(config, settings, description);
  }
}

}  // namespace sluice::kafka
