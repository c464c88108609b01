// SPDX-License-Identifier: Apache-2.0
#include "key_partitions.hpp"

#include "murmur2.hpp"

namespace sluice::kafka {
namespace {

constexpr size_t few_most = 12;

}  // namespace

KeyPartitions::KeyPartitions(const Settings& settings, int32_t partition_count)
    : others_are_refused_(!settings.partitions.empty() && settings.other_keys == OtherKeys::error),
      partition_count_(partition_count) {
  if (settings.partitions.size() > few_most) {
    many_.insert(settings.partitions.begin(), settings.partitions.end());
  } else {
    for (const auto& [key, partition] : settings.partitions) few_.push_back({key, partition});
  }
}

std::optional<int32_t> KeyPartitions::of(std::optional<std::string_view> key) const {
  if (key) {
    for (const Entry& entry : few_) {
      if (entry.key == *key) return entry.partition;
    }
    if (const auto found = many_.find(*key); found != many_.end()) return found->second;
  }
  if (others_are_refused_) return std::nullopt;
  if (partition_count_ == 0) return RD_KAFKA_PARTITION_UA;
  if (key) return hashed_partition(*key, partition_count_);
  // No key is not one key: such records have no order to keep, so all partitions share them.
  return static_cast<int32_t>(without_key_.fetch_add(1, std::memory_order_relaxed) %
                              static_cast<uint32_t>(partition_count_));
}

}  // namespace sluice::kafka
