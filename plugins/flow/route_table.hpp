// SPDX-License-Identifier: Apache-2.0
// Which lane a text belongs to: a fixed table made once, a lookup without allocation, cheap for the few short texts
// that most records carry. Remembers answers by the text's address, within one batch only, as another batch may hold
// other bytes there.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sluice::flow {

class RouteTable {
 public:
  explicit RouteTable(uint8_t otherwise) : otherwise_(otherwise) {}
  void add(std::string_view value, uint8_t lane);
  /// Forgets the remembered addresses; to be called once a batch.
  void begin_batch() { ++epoch_; }
  uint8_t lane_of(std::string_view value) {
    Seen& seen = seen_[(reinterpret_cast<uintptr_t>(value.data()) >> 3 ^ value.size()) % seen_.size()];
    if (seen.epoch == epoch_ && seen.data == value.data() && seen.size == value.size()) return seen.lane;
    seen = {epoch_, value.data(), static_cast<uint32_t>(value.size()), find(value)};
    return seen.lane;
  }
  uint8_t find(std::string_view value) const;

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  struct Entry {
    std::string value;
    uint8_t lane;
  };
  struct Seen {
    uint64_t epoch = 0;
    const char* data = nullptr;
    uint32_t size = 0;
    uint8_t lane = 0;
  };
  uint8_t otherwise_;
  uint64_t epoch_ = 1;
  std::array<Seen, 16> seen_{};
  std::vector<Entry> few_;
  std::unordered_map<std::string, uint8_t, Hash, std::equal_to<>> many_;
};

}  // namespace sluice::flow
