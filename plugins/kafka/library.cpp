// SPDX-License-Identifier: Apache-2.0
#include "library.hpp"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <mutex>
#include <set>

namespace sluice::kafka {
namespace {

constexpr unsigned writes = 1;
constexpr unsigned reads = 2;
constexpr unsigned tls = 4;
constexpr unsigned scram = 8;

struct Fault {
  int fixed_in;  ///< as rd_kafka_version()
  unsigned paths;
  const char* what;
};

constexpr int release(int major, int minor, int patch) { return (major << 24) | (minor << 16) | (patch << 8) | 0xFF; }

// clang-format off
constexpr Fault faults[] = {
    {release(2, 14, 2), reads, "a stop while the group's broker is away may crash"},
    {release(2, 6, 1), reads, "a group with several members may keep a processor busy for ever while it shares its partitions"},
    {release(2, 10, 0), reads, "a commit during a rebalance may lose partitions, whose records are then read again"},
    {release(2, 4, 0), reads, "after a rebalance records may be read again from an older position"},
    {release(2, 3, 0), writes, "a request without an answer may break the producer, which is then replaced, and records on their way may be stored twice"},
    {release(2, 10, 0), writes | reads, "a broker that dies may hold up the others for up to a minute, and after all brokers get new addresses, the cluster is not found without a restart"},
    {release(2, 2, 0), tls, "a broker that closes a TLS connection without a word may count as refusing it"},
    {release(2, 6, 1), scram, "SCRAM may be refused by brokers that compare its nonce exactly"},
};
// clang-format on

bool has_option(const Settings& settings, std::string_view name, std::string_view part) {
  return std::any_of(settings.options.begin(), settings.options.end(), [&](const auto& option) {
    return option.first == name && option.second.find(part) != std::string::npos;
  });
}

/// True for the first who asks for this sentence.
bool is_new(const std::string& sentence) {
  static std::mutex mutex;
  static std::set<std::string> said;
  const std::lock_guard lock(mutex);
  return said.insert(sentence).second;
}

}  // namespace

std::vector<std::string> known_faults(int version, const Settings& settings, Half half) {
  if (settings.is_embedded) return {};
  unsigned paths = half == Half::input ? writes : reads;
  if (has_option(settings, "security.protocol", "SSL") || has_option(settings, "security.protocol", "ssl"))
    paths |= tls;
  if (has_option(settings, "sasl.mechanism", "SCRAM") || has_option(settings, "sasl.mechanisms", "SCRAM")) {
    paths |= scram;
  }
  std::vector<std::string> found;
  for (const Fault& fault : faults) {
    if (version < fault.fixed_in && (fault.paths & paths) != 0) found.emplace_back(fault.what);
  }
  return found;
}

void report_library(Context context, const Settings& settings, Half half) {
  const std::string name = std::string("librdkafka ") + rd_kafka_version_str();
  if (is_new(name)) context.info(name);
  std::string known;
  for (const std::string& fault : known_faults(rd_kafka_version(), settings, half)) {
    if (!is_new(fault)) continue;
    known += known.empty() ? "" : "; ";
    known += fault;
  }
  if (known.empty()) return;
  context.warn(name + " has known faults: " + known + ". Newer versions do not have them; tools/rdkafka.sh builds one");
}

}  // namespace sluice::kafka
