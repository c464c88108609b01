// SPDX-License-Identifier: Apache-2.0
#include "murmur2.hpp"

#include <cstring>

namespace sluice::kafka {

uint32_t murmur2(std::string_view bytes) {
  constexpr uint32_t seed = 0x9747b28c;
  constexpr uint32_t factor = 0x5bd1e995;
  constexpr uint32_t shift = 24;
  uint32_t hash = seed ^ static_cast<uint32_t>(bytes.size());
  while (bytes.size() >= 4) {
    uint32_t word;
    std::memcpy(&word, bytes.data(), sizeof word);  // little-endian, as on all that this is built for
    word *= factor;
    word ^= word >> shift;
    word *= factor;
    hash = (hash * factor) ^ word;
    bytes.remove_prefix(4);
  }
  if (!bytes.empty()) {
    for (size_t i = bytes.size(); i > 0; --i) hash ^= uint32_t{static_cast<uint8_t>(bytes[i - 1])} << (8 * (i - 1));
    hash *= factor;
  }
  hash ^= hash >> 13;
  hash *= factor;
  hash ^= hash >> 15;
  return hash;
}

int32_t hashed_partition(std::string_view key, int32_t partition_count) {
  constexpr uint32_t positive = 0x7fffffff;
  return static_cast<int32_t>((murmur2(key) & positive) % static_cast<uint32_t>(partition_count));
}

}  // namespace sluice::kafka
