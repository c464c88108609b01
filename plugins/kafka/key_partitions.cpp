// SPDX-License-Identifier: Apache-2.0
#include "key_partitions.hpp"

#include "murmur2.hpp"

namespace sluice::kafka {

KeyPartitions::KeyPartitions(const Settings& settings, int32_t partition_count)
    : map_(settings.partitions.begin(), settings.partitions.end()),
      others_are_refused_(!settings.partitions.empty() && settings.other_keys == OtherKeys::error),
      partition_count_(partition_count) {}

std::optional<int32_t> KeyPartitions::of(std::optional<std::string_view> key) const {
  if (key && !map_.empty()) {
    if (const auto found = map_.find(*key); found != map_.end()) return found->second;
  }
  if (others_are_refused_) return std::nullopt;
  if (partition_count_ == 0) return RD_KAFKA_PARTITION_UA;
  return key ? hashed_partition(*key, partition_count_) : 0;
}

}  // namespace sluice::kafka
