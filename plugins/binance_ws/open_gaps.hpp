// SPDX-License-Identifier: Apache-2.0
// The gaps that an earlier run found and did not close, learned from the newest records that the stores behind the port
// `gaps` give, in any order: what was found, less the parts that were repaired or are permanent. A store that keeps
// fields, such as a table, gives only a gap's name, a state, and the last id in that state; a gap is closed in the
// order of its ids, so everything up to there is closed. Pure.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "continuity.hpp"
#include "sluice/tail.hpp"
#include "stream_table.hpp"

namespace sluice::binance {

struct OpenGap {
  const Stream* stream = nullptr;
  IdRange gap;                ///< its name
  std::vector<IdRange> open;  ///< in order
  int64_t since_ns = 0;       ///< 0: unknown
  std::string cause;
};

class OpenGaps {
 public:
  /// Those of the streams that can be repaired; they must outlive it.
  explicit OpenGaps(const std::vector<const Stream*>& streams);

  /// What to ask for; nothing when no stream can be repaired.
  TailQuery query() const;
  TailWants take(const TailPart& part);

  /// By stream, in order of ids.
  std::vector<OpenGap> open() const;
  /// A store was asked, so the next run can learn what this one leaves open.
  bool has_store() const { return has_store_; }
  /// The partitions of which only the newest records were read; empty: everything was.
  const std::string& cut() const { return cut_; }

 private:
  struct Part {
    IdRange ids;
    int64_t at_us = 0;
  };
  struct Known {
    const Stream* stream = nullptr;
    IdRange gap;
    bool is_found = false;
    int64_t found_at_us = 0;
    int64_t since_us = 0;
    std::string cause;
    std::vector<Part> closed;
  };
  void note(std::string_view payload);

  std::map<std::string, const Stream*, std::less<>> streams_;        ///< by name
  std::map<std::string, Known, std::less<>> gaps_;                   ///< by name
  std::map<std::pair<std::string, std::string>, uint64_t> records_;  ///< by store and partition
  std::map<std::string, uint64_t, std::less<>> bytes_;               ///< by store
  bool has_store_ = false;
  std::string cut_;
};

}  // namespace sluice::binance
