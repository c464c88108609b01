// SPDX-License-Identifier: Apache-2.0
#include "relay.hpp"

#include <algorithm>
#include <vector>

#include "output_consumer.hpp"
#include "scan.hpp"

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

bool is_security(const std::string& name) {
  return name.starts_with("ssl.") || name.starts_with("sasl.") || name == "security.protocol" ||
         name == "enable.ssl.certificate.verification";
}

/// What librdkafka says of the properties together; those that need files or a server are not asked for.
void look_at_options(Config config, const Settings& settings, Description& description) {
  const Config options = config["options"];
  if (options.size() == 0) return;
  Settings plain = settings;
  std::erase_if(plain.options, [](const auto& each) { return is_security(each.first); });
  const bool reads = description.role() == Role::relay_output;
  if (plain.group.empty()) plain.group = "none";
  if (Result<void> checked = check_client_options(plain, reads ? Purpose::consumer : Purpose::producer); !checked) {
    description.problem(options, checked.error().message);
  }
  const int64_t heartbeat_ms = number(settings, "heartbeat.interval.ms", 0);
  if (reads && heartbeat_ms >= settings.session_timeout_ms) {
    description.problem(options, "heartbeat.interval.ms=" + std::to_string(heartbeat_ms) +
                                     " is not shorter than session_timeout, so the group would lose this member again "
                                     "and again; a third of it is usual");
  }
  const std::string protocol = option(settings, "security.protocol", "plaintext");
  const bool has_sasl = protocol.find("SASL") != protocol.npos || protocol.find("sasl") != protocol.npos;
  const bool has_ssl = protocol.find("SSL") != protocol.npos || protocol.find("ssl") != protocol.npos;
  for (uint64_t i = 0; i < options.size(); ++i) {
    const std::string name(options[i].key());
    if ((name.starts_with("sasl.") && !has_sasl) || (name.starts_with("ssl.") && !has_ssl)) {
      description.warning(options[i],
                          "\"" + name + "\" has no effect with security.protocol=" + protocol + "; write " +
                              (name.starts_with("sasl.") ? "SASL_SSL or SASL_PLAINTEXT" : "SSL or SASL_SSL"));
      return;
    }
  }
}

/// A number far beyond the others is a slip more often than a wish, and a topic would be made with all below it.
void look_at_partitions(Config map, Description& description) {
  std::vector<int64_t> numbers;
  for (uint64_t i = 0; i < map.size(); ++i) numbers.push_back(map[i].integer());
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  for (size_t i = 0; i < numbers.size(); ++i) {
    const int64_t first = i == 0 ? 0 : numbers[i - 1] + 1;
    if (numbers[i] - first <= static_cast<int64_t>(numbers.size())) continue;
    for (uint64_t k = 0; k < map.size(); ++k) {
      if (map[k].integer() != numbers[i]) continue;
      const std::string gap = first == numbers[i] - 1 ? std::to_string(first)
                                                      : std::to_string(first) + " to " + std::to_string(numbers[i] - 1);
      description.warning(
          map[k], "no key goes to " + std::string(first == numbers[i] - 1 ? "partition " : "partitions ") + gap +
                      ", below that of " + std::string(map[k].key()) +
                      "; a topic that the run creates gets them, too; is " + std::to_string(numbers[i]) + " intended?");
      break;
    }
  }
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
  if (settings.other_keys == OtherKeys::error && !settings.key.empty()) {
    for (const auto& [key, partition] : settings.partitions) {
      description.accepts(settings.key, key, config["partitions"]);
    }
  }
  if (!settings.key.empty()) {
    const bool is_rejected = !settings.partitions.empty() && settings.other_keys == OtherKeys::error;
    description.absent(settings.key, is_rejected ? "is rejected" : "has no key, so it goes to any partition",
                       config["key"]);
  }
  if (!settings.lock.empty() && settings.is_embedded) {
    description.warning(config["lock"], "lock has no effect with brokers: embedded, which only this process can reach");
  } else if (!settings.lock.empty()) {
    description.claims("one process at a time writes: the one with the lock " + settings.lock);
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
  if (!settings.group.empty()) {
    description.exclusive(
        "reads the topic " + settings.topic + " of " + settings.brokers + " as the group " + settings.group,
        config["group"]);
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
  if (settings.tombstones == Tombstones::dead_letter) {
    description.refuses("records without a value", config["tombstones"]);
  }
  description.replay(Replay::from_commit, settings.is_embedded
                                              ? "from the offsets committed in the embedded log"
                                              : "from the offsets that group " + settings.group + " has committed");
  // Said once: either alone takes "no loss" away.
  if (settings.start == Start::latest) {
    description.skips("start: latest leaves out what was written before the group began");
  } else if (settings.expired != Expired::error) {
    description.skips("expired leaves out what was deleted before it was read, instead of stopping");
  }
  if (option(settings, "isolation.level", "") == "read_uncommitted") {
    description.idempotent(
        false,
        "options: isolation.level=read_uncommitted reads records of transactions that were aborted, which their writer "
        "sends again");
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
  if (problems.empty()) look_at_options(config, settings, description);
  look_at_partitions(config["partitions"], description);
  if (description.role() == Role::relay_output) {
    describe_output(config, settings, description);
  } else {
    describe_input(config, settings, description);
  }
}

Result<void> Relay::scan(Config config, const ScanQuery&, ScanTaker& taker) {
  const Result<Settings> settings = read_settings(config);
  if (!settings) return settings.error();
  return read_all(*settings, taker);
}

}  // namespace sluice::kafka
