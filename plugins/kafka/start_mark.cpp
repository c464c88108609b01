// SPDX-License-Identifier: Apache-2.0
#include "start_mark.hpp"

#include <charconv>

namespace sluice::kafka {
namespace {

constexpr std::string_view prefix = "sluice: began with partitions=";

}  // namespace

std::string start_mark(int32_t first_partition_count) {
  return std::string(prefix) + std::to_string(first_partition_count);
}

std::optional<int32_t> read_start_mark(std::string_view metadata) {
  if (!metadata.starts_with(prefix)) return std::nullopt;
  metadata.remove_prefix(prefix.size());
  int32_t count = 0;
  const auto [end, code] = std::from_chars(metadata.data(), metadata.data() + metadata.size(), count);
  if (code != std::errc() || end != metadata.data() + metadata.size() || count <= 0) return std::nullopt;
  return count;
}

}  // namespace sluice::kafka
