// SPDX-License-Identifier: Apache-2.0
#include "series_table.hpp"

#include <algorithm>
#include <charconv>

namespace sluice::flow {
namespace {
// Between the values of a key, so that (a, bc) and (ab, c) are two.
constexpr char between = '\0';
}  // namespace

std::optional<std::string_view> SeriesTable::key_of(const Record& record) {
  key_.clear();
  for (size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i] < 0) return std::nullopt;
    const sluice_value& value = record.attribute(slots_[i]);
    if (value.kind == SLUICE_ABSENT) return std::nullopt;
    if (i > 0) key_ += between;
    if (value.kind == SLUICE_VALUE_TEXT) {
      if (slots_.size() == 1) return std::string_view(value.as.text, value.size);
      key_.append(value.as.text, value.size);
    } else {
      char digits[24];
      key_.append(digits, std::to_chars(digits, digits + sizeof digits, value.as.integer).ptr);
    }
  }
  return key_;
}

SeriesTable::Entry* SeriesTable::find(std::string_view key) {
  if (last_ != nullptr && last_->first == key) return last_;
  const auto found = series_.find(key);
  if (found == series_.end()) return nullptr;
  return last_ = &*found;
}

SeriesTable::Entry* SeriesTable::add(std::string_view key, Series series) {
  if (series_.size() >= keys_most_ || key.size() > key_bytes_most) return nullptr;
  return last_ = &*series_.emplace(std::string(key), series).first;
}

void SeriesTable::clear() {
  series_.clear();
  last_ = nullptr;
}

std::string shown_key(std::string_view key) {
  std::string shown(key);
  std::replace(shown.begin(), shown.end(), between, '/');
  return shown;
}

}  // namespace sluice::flow
