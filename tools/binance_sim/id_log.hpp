// SPDX-License-Identifier: Apache-2.0
// A list of ids in the order they were sent, kept small: as ranges where they are consecutive (trades, aggregates), as
// differences of one or two bytes where they have holes (book updates).
// Exact for any sequence, also one that repeats or goes back; never forgets.
#pragma once
#include <cstdint>
#include <utility>
#include <vector>

namespace sluice::sim {

class IdLog {
 public:
  explicit IdLog(bool consecutive) : consecutive_(consecutive) {}

  void add(std::int64_t id) {
    if (consecutive_) {
      if (!ranges_.empty() && ranges_.back().second + 1 == id) {
        ranges_.back().second = id;
      } else {
        ranges_.emplace_back(id, id);
      }
      return;
    }
    const std::int64_t difference = id - last_;
    last_ = id;
    std::uint64_t zigzag = (static_cast<std::uint64_t>(difference) << 1) ^ static_cast<std::uint64_t>(difference >> 63);
    while (zigzag >= 0x80) {
      bytes_.push_back(static_cast<std::uint8_t>(zigzag | 0x80));
      zigzag >>= 7;
    }
    bytes_.push_back(static_cast<std::uint8_t>(zigzag));
  }

  bool consecutive() const { return consecutive_; }
  const std::vector<std::pair<std::int64_t, std::int64_t>>& ranges() const { return ranges_; }

  // Calls with every id in order; only for a log with holes.
  template <typename Visit>
  void each_id(Visit visit) const {
    std::int64_t id = 0;
    std::uint64_t zigzag = 0;
    int shift = 0;
    for (const std::uint8_t byte : bytes_) {
      zigzag |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      shift += 7;
      if ((byte & 0x80) != 0) continue;
      id += static_cast<std::int64_t>(zigzag >> 1) ^ -static_cast<std::int64_t>(zigzag & 1);
      visit(id);
      zigzag = 0;
      shift = 0;
    }
  }

 private:
  bool consecutive_;
  std::int64_t last_ = 0;
  std::vector<std::pair<std::int64_t, std::int64_t>> ranges_;
  std::vector<std::uint8_t> bytes_;
};

}  // namespace sluice::sim
