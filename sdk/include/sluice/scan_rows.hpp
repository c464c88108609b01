// SPDX-License-Identifier: Apache-2.0
// Hands stored records to a ScanTaker in blocks, for stores that make a payload of each row. One thread.
#pragma once
#include <string>
#include <vector>

#include "sluice/scan.hpp"

namespace sluice {
inline namespace v1 {

class ScanRows {
 public:
  explicit ScanRows(ScanTaker& taker) : taker_(taker) {}

  /// Where the payload of the next row is appended.
  std::string& text() { return text_; }
  /// The row is whole. False: no more is wanted.
  bool row(int64_t position) {
    rows_.push_back({text_.size(), position});
    return rows_.size() < block_rows || flush();
  }
  /// What is left. False: no more is wanted.
  bool flush() {
    stored_.clear();
    size_t from = 0;
    for (const Row& row : rows_) {
      stored_.push_back({{text_.data() + from, row.end - from}, row.position, 0});
      from = row.end;
    }
    rows_.clear();
    const bool is_wanted = stored_.empty() ? taker_.is_wanted() : taker_.give("", stored_);
    text_.clear();
    return is_wanted;
  }

 private:
  static constexpr size_t block_rows = 1000;
  struct Row {
    size_t end;
    int64_t position;
  };
  ScanTaker& taker_;
  std::string text_;
  std::vector<Row> rows_;
  std::vector<sluice_stored> stored_;
};

}  // namespace v1
}  // namespace sluice
