// SPDX-License-Identifier: Apache-2.0
// Some batches on their way through one statement, and what is known of their rows so far. It survives lost
// connections: what was found out about a row stays found out. Reused, so that it allocates nothing once it is warm.
#pragma once
#include <cstdint>
#include <vector>

#include "arrays.hpp"
#include "copy_rows.hpp"
#include "sluice/batch.hpp"
#include "sluice/columns/extractor.hpp"

namespace sluice::timescale {

/// The attributes that say where a record came from; slots are -1 where nobody carries them.
struct Origin {
  int32_t topic = -1, partition = -1, offset = -1;
  /// " (topic binance.trades, partition 0, offset 12)", or empty.
  std::string words(const Record& record) const;
};

struct Refused {
  size_t batch;     ///< position in the job
  uint32_t record;  ///< position in the batch
  Error error;
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
  /// Settles everything, each record once: delivered, but for those that were refused.
  void settle();
  /// Settles everything as failed: nothing is kept of what was found out.
  void give_up(const Error& error);
  bool empty() const { return batches_.empty(); }
  void start_anew(size_t column_count);

  columns::Rows rows;
  bool by_copy = false;  ///< the next statement is a COPY
  /// Rows that still have to be stored, in parts, the next one last.
  std::vector<std::vector<uint32_t>> work;
  uint64_t inserted = 0;
  uint64_t already_there = 0;
  uint64_t refused_count() const { return refused_.size(); }

 private:
  struct Place {
    uint32_t batch, record;
  };
  std::vector<Batch> batches_;
  std::vector<Place> places_;  ///< of each row
  std::vector<Refused> refused_;
  Arrays arrays_;
  CopyRows copy_rows_;
  std::vector<uint32_t> in_arrays_;  ///< the rows that the arrays hold
  std::vector<uint32_t> in_copy_rows_;
};

}  // namespace sluice::timescale
