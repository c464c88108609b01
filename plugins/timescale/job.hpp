// SPDX-License-Identifier: Apache-2.0
// Some batches on their way through one statement, and what is known of their rows so far. It survives lost
// connections: what was found out about a row stays found out. Reused, so that it allocates nothing once it is warm.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "arrays.hpp"
#include "copy_rows.hpp"
#include "sluice/batch.hpp"
#include "sluice/columns/extractor.hpp"
#include "sluice/columns/origin.hpp"
#include "sluice/settle.hpp"

namespace sluice::timescale {

using columns::Origin;

/// A failure that is not known to be single rows' came to the same rows again and again.
struct Trouble {
  std::string state{};         ///< its SQLSTATE
  uint32_t times = 0;          ///< in a row
  bool others_passed = false;  ///< some rows of the job were stored since
  bool was_alone = false;      ///< it came to a row that was alone in its statement
  size_t most_passed = 0;      ///< rows of the largest statement that was stored since
  uint32_t row = 0;            ///< the row that `sentence` names
  std::string sentence{};      ///< empty: none is named
};

class Job {
 public:
  explicit Job(const columns::Mapping& mapping) : arrays_(mapping), copy_rows_(mapping) {}

  /// Makes rows of a batch; those that do not fit the mapping are refused at once.
  void add(Batch batch, columns::Extractor& extractor, const Origin& origin);
  /// All rows that there are, as the first statement's, encoded for it.
  void begin(bool copies);
  /// Of these rows; only what is not there already is encoded.
  const Arrays& arrays(const std::vector<uint32_t>& part);
  std::span<const uint8_t> copy_rows(const std::vector<uint32_t>& part);
  void refuse(uint32_t row, const Error& error, const Origin& origin);
  /// Where the record of this row came from.
  std::string words(uint32_t row, const Origin& origin) const;
  /// Settles everything, each record once: delivered, but for those that were refused.
  void settle();
  /// Settles everything as failed: nothing is kept of what was found out.
  void give_up(const Error& error);
  bool empty() const { return parts_.empty(); }
  void start_anew(size_t column_count);

  columns::Rows rows;
  bool by_copy = false;  ///< the next statement is a COPY
  /// Rows that still have to be stored, in parts, the next one last.
  std::vector<std::vector<uint32_t>> work;
  Trouble trouble;
  uint64_t inserted = 0;
  uint64_t already_there = 0;     ///< those that differ, too
  uint64_t different = 0;         ///< their keys were there, with other values
  std::string first_different{};  ///< the words of its key
  uint64_t refused_count() const;
  /// Once nothing is left to do: what was neither inserted nor refused was there.
  void count_already_there() {
    already_there = rows.size() - std::min<uint64_t>(rows.size(), inserted + refused_rows_);
  }

 private:
  struct Place {
    uint32_t batch, record;
  };
  struct Part {
    Batch batch;
    std::vector<Refused> refused{};
  };
  std::vector<Part> parts_;
  std::vector<Place> places_;  ///< of each row
  uint64_t refused_rows_ = 0;  ///< of them, those that fitted the mapping
  Arrays arrays_;
  CopyRows copy_rows_;
  std::vector<uint32_t> in_arrays_;  ///< the rows that the arrays hold
  std::vector<uint32_t> in_copy_rows_;
};

}  // namespace sluice::timescale
