// SPDX-License-Identifier: Apache-2.0
// What a `continuity` node reports of an id that does not follow, as a JSON object:
//
//   {"gap":"btcusdt@trade/123-456","state":"found","key":"btcusdt@trade","first_id":123,"last_id":456,"count":334,
//    "since":"2026-11-22T10:00:00.123456Z","at":"2026-11-22T10:00:01.000000Z"}
//
// It depends on the records alone, so a replay makes the same text. Pure.
#pragma once
#include <string>
#include <string_view>

#include "series.hpp"

namespace sluice::flow {

struct GapReport {
  uint32_t record;       ///< the index of the record that showed it
  IdStep step;           ///< gap, repeated or regressed
  std::string_view key;  ///< of the series
  int64_t first_id;      ///< of the missing ids, or the id of the record
  int64_t last_id;
  int64_t since_ns;  ///< when the highest id before was received
  int64_t at_ns;     ///< when the record was
  uint64_t count() const { return static_cast<uint64_t>(last_id) - static_cast<uint64_t>(first_id) + 1; }
};

void append_json(const GapReport& report, std::string& out);

}  // namespace sluice::flow
