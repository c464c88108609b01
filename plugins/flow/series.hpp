// SPDX-License-Identifier: Apache-2.0
// The ids of one series, and what the next one is to them: the next, behind a gap, seen before. Only the highest id
// counts: an id at or below it never opens a gap, and a late one does not close one. When so many ids in a row are not
// above it that the series must have begun again, it starts anew. Pure.
#pragma once
#include <cstdint>

namespace sluice::flow {

enum class IdRule : uint32_t {
  consecutive,  ///< each id is one above the id before it
  increasing,   ///< each id is above the id before it
};
enum class IdStep : uint8_t {
  next,       ///< as the rule wants it
  gap,        ///< ids between the highest and this one are missing
  repeated,   ///< the highest once more
  regressed,  ///< below the highest
  restarted,  ///< the series starts anew with this one
};

struct Series {
  int64_t highest;      ///< begins with the first id
  int64_t received_ns;  ///< the record of the highest id
  uint32_t behind = 0;  ///< ids in a row that are not above it

  /// Takes no notice of the time: the caller keeps `received_ns`, which only an id above the highest changes.
  IdStep take(int64_t id, IdRule rule, uint32_t restart_after) {
    if (id > highest) {
      // As unsigned numbers, which the distance always fits.
      const bool is_next = static_cast<uint64_t>(id) - static_cast<uint64_t>(highest) == 1;
      highest = id;
      behind = 0;
      return is_next || rule == IdRule::increasing ? IdStep::next : IdStep::gap;
    }
    if (++behind >= restart_after) {
      highest = id;
      behind = 0;
      return IdStep::restarted;
    }
    return id == highest ? IdStep::repeated : IdStep::regressed;
  }
};

}  // namespace sluice::flow
