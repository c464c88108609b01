// SPDX-License-Identifier: Apache-2.0
#include "settings.hpp"

#include <algorithm>

#include "client_config.hpp"

namespace sluice::kafka {
namespace {

constexpr int64_t ns_per_ms = 1'000'000;
constexpr size_t longest_topic = 249;

bool is_topic_name(std::string_view name) {
  const auto is_legal = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  return !name.empty() && name.size() <= longest_topic && name != "." && name != ".." &&
         std::all_of(name.begin(), name.end(), is_legal);
}

bool is_port(std::string_view text) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return !text.empty() && text.size() <= 5 && std::all_of(text.begin(), text.end(), is_digit) &&
         std::stoi(std::string(text)) <= 65535;
}

constexpr std::string_view protocols[] = {"PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"};

/// One of the list: host, host:port or [v6]:port, perhaps with a protocol before it.
bool is_broker(std::string_view one) {
  if (const size_t scheme = one.find("://"); scheme != one.npos) {
    const std::string_view protocol = one.substr(0, scheme);
    if (std::find(std::begin(protocols), std::end(protocols), protocol) == std::end(protocols)) return false;
    one.remove_prefix(scheme + 3);
  }
  const auto is_legal = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-' || c == ':' || c == '[' || c == ']' || c == '%';
  };
  if (one.empty() || !std::all_of(one.begin(), one.end(), is_legal)) return false;
  const size_t bracket = one.rfind(']');
  const size_t colon = one.rfind(':');
  if (colon == one.npos || (bracket != one.npos && colon < bracket)) return true;
  return colon > 0 && is_port(one.substr(colon + 1));
}

void check_brokers(Config config, const Settings& settings, std::vector<Problem>& problems) {
  if (settings.is_embedded) return;
  std::string_view rest = settings.brokers;
  while (true) {
    const size_t comma = rest.find(',');
    const std::string_view one = rest.substr(0, comma);
    if (!is_broker(one)) {
      problems.push_back(
          {config["brokers"],
           // What is before an @ may be a password.
           (one.find('@') == one.npos ? "\"" + std::string(one) + "\"" : "a broker with a user before its name") +
               " is not a broker: write host:port, several separated by commas without blanks, or embedded; users "
               "and passwords are `options`, such as sasl.username"});
    }
    if (comma == rest.npos) return;
    rest.remove_prefix(comma + 1);
  }
}

void read_partitions(Config config, Settings& settings, std::vector<Problem>& problems) {
  const Config map = config["partitions"];
  int32_t most = -1;
  for (uint64_t i = 0; i < map.size(); ++i) {
    const auto partition = static_cast<int32_t>(map[i].integer());
    settings.partitions.emplace_back(map[i].key(), partition);
    most = std::max(most, partition);
  }
  settings.partition_count = std::max(1, most + 1);
  if (map.size() > 0 && settings.key.empty()) {
    problems.push_back({map, "partitions needs to know the key: say which attribute it is, as in `key: symbol`"});
  }
  if (!config["partition_count"]) return;
  settings.has_partition_count = true;
  const auto declared = static_cast<int32_t>(config["partition_count"].integer());
  if (declared < settings.partition_count) {
    problems.push_back({config["partition_count"], "partitions uses partition " + std::to_string(most) +
                                                       ", so partition_count must be at least " +
                                                       std::to_string(settings.partition_count)});
  }
  settings.partition_count = std::max(settings.partition_count, declared);
}

void read_headers(Config config, Settings& settings, std::vector<Problem>& problems) {
  const Config headers = config["headers"];
  if (!headers && !settings.key.empty()) settings.headers.emplace_back("stream");
  for (uint64_t i = 0; i < headers.size(); ++i) {
    const std::string name(headers[i].text());
    if (std::find(settings.headers.begin(), settings.headers.end(), name) != settings.headers.end()) {
      problems.push_back({headers[i], "the header \"" + name + "\" is listed twice"});
      continue;
    }
    settings.headers.push_back(name);
  }
}

void read_lock(Config config, Settings& settings, std::vector<Problem>& problems) {
  settings.lock = config["lock"].text();
  if (settings.lock.empty()) return;
  if (!is_topic_name(settings.lock)) {
    problems.push_back({config["lock"], "\"" + settings.lock +
                                            "\" cannot be a lock: its topic has the same name, so it has 1 to 249 "
                                            "letters, digits, dots, dashes and underscores"});
  } else if (settings.lock == settings.topic || settings.lock == settings.group) {
    problems.push_back({config["lock"],
                        "the lock needs a name of its own, because it has a topic and a consumer "
                        "group of that name; write lock: " +
                            settings.lock + ".lock"});
  }
}

}  // namespace

Settings read_settings(Config config, std::vector<Problem>& problems) {
  Settings settings;
  settings.brokers = config["brokers"].text();
  settings.is_embedded = settings.brokers == "embedded";
  check_brokers(config, settings, problems);
  settings.topic = config["topic"].text();
  if (!is_topic_name(settings.topic)) {
    problems.push_back(
        {config["topic"], "\"" + settings.topic +
                              "\" is not a valid topic name: it has 1 to 249 letters, digits, dots, dashes "
                              "and underscores"});
  }
  settings.key = config["key"].text();
  read_headers(config, settings, problems);
  read_partitions(config, settings, problems);
  settings.other_keys = static_cast<OtherKeys>(config["other_keys"].integer());
  settings.create = config["create"].boolean();
  if (config["replication"]) settings.replication = static_cast<int32_t>(config["replication"].integer());
  settings.retention_ms = config["retention"].nanoseconds() / ns_per_ms;
  settings.has_retention = config["retention"].line() > 0;
  settings.group = config["group"].text();
  read_lock(config, settings, problems);
  settings.member = config["member"].text();
  settings.start = static_cast<Start>(config["start"].integer());
  settings.expired = static_cast<Expired>(config["expired"].integer());
  settings.tombstones = static_cast<Tombstones>(config["tombstones"].integer());
  settings.session_timeout_ms = config["session_timeout"].nanoseconds() / ns_per_ms;
  settings.linger_ms = config["linger"].nanoseconds() / ns_per_ms;
  settings.max_in_flight = config["max_in_flight"].integer();
  const Config options = config["options"];
  for (uint64_t i = 0; i < options.size(); ++i) {
    std::string name(options[i].key());
    std::string value(options[i].text());
    if (Result<void> checked = check_client_option(name, value); !checked) {
      problems.push_back({options[i], checked.error().message});
    }
    settings.options.emplace_back(std::move(name), std::move(value));
  }
  return settings;
}

Result<Settings> read_settings(Config config) {
  std::vector<Problem> problems;
  Settings settings = read_settings(config, problems);
  if (!problems.empty()) return operator_needed(problems.front().sentence);
  return settings;
}

}  // namespace sluice::kafka
