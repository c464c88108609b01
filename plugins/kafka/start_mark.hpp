// SPDX-License-Identifier: Apache-2.0
// What every commit says besides its offset, in the metadata that Kafka keeps with it: how many partitions the topic
// had when the group began with it. A partition beyond them was added later, so everything in it was written while the
// group was there to read it, which `start: latest` must not leave out. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::kafka {

std::string start_mark(int32_t first_partition_count);
/// Nothing: another program committed, or an older one.
std::optional<int32_t> read_start_mark(std::string_view metadata);

}  // namespace sluice::kafka
