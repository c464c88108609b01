// SPDX-License-Identifier: Apache-2.0
// Which partition a key goes to: by the map of the graph, else by the rule for other keys. Looking one up allocates
// nothing. A record without a key goes to each partition in turn. Safe on any thread.
#pragma once
#include <librdkafka/rdkafka.h>

#include <atomic>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "settings.hpp"

namespace sluice::kafka {

class KeyPartitions {
 public:
  /// `partition_count` 0: librdkafka hashes, with the count that the topic has at that time.
  KeyPartitions(const Settings& settings, int32_t partition_count);
  /// RD_KAFKA_PARTITION_UA: librdkafka chooses. Nothing: this key is refused. A record may have no key.
  std::optional<int32_t> of(std::optional<std::string_view> key) const;

 private:
  struct Entry {
    std::string key;
    int32_t partition;
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  std::vector<Entry> few_;  ///< comparing a few keys one after the other beats hashing
  std::unordered_map<std::string, int32_t, Hash, std::equal_to<>> many_;
  const bool others_are_refused_;
  const int32_t partition_count_;
  mutable std::atomic<uint32_t> without_key_{0};  ///< records so far
};

}  // namespace sluice::kafka
