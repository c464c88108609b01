// SPDX-License-Identifier: Apache-2.0
// The hash by which Kafka's Java client chooses a partition (murmur2, 32 bits, its own seed). Pure.
#pragma once
#include <cstdint>
#include <string_view>

namespace sluice::kafka {

uint32_t murmur2(std::string_view bytes);
/// The partition that the Java client's default partitioner chooses for a key.
int32_t hashed_partition(std::string_view key, int32_t partition_count);

}  // namespace sluice::kafka
