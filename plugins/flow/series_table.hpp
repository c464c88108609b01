// SPDX-License-Identifier: Apache-2.0
// The series of a `continuity` node by key. The key of a record is the values of its attributes, one after the other.
// Finds a known key without allocation; keeps at most so many keys of at most so many bytes, and never forgets one to
// make room.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "series.hpp"
#include "sluice/batch.hpp"

namespace sluice::flow {

class SeriesTable {
 public:
  static constexpr size_t key_bytes_most = 256;
  using Entry = std::pair<const std::string, Series>;

  SeriesTable(std::vector<int32_t> slots, size_t keys_most) : slots_(std::move(slots)), keys_most_(keys_most) {}

  /// The key of a record, valid until the next call; nothing when it lacks one of the attributes.
  std::optional<std::string_view> key_of(const Record& record);
  /// Null when the key is new.
  Entry* find(std::string_view key);
  /// Null when there is no room for it.
  Entry* add(std::string_view key, Series series);
  size_t size() const { return series_.size(); }
  void clear();

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  std::vector<int32_t> slots_;
  size_t keys_most_;
  std::unordered_map<std::string, Series, Hash, std::equal_to<>> series_;
  Entry* last_ = nullptr;  ///< found last: records of one series often come together
  std::string key_;        ///< of several attributes, or of a number
};

/// A key for people: its values with slashes between.
std::string shown_key(std::string_view key);

}  // namespace sluice::flow
