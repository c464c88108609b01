// SPDX-License-Identifier: Apache-2.0
// Whole numbers as ranges, with the times at both ends of each: what is held of a series, and so what is missing in
// it. Takes them in any order; in order, each costs a few instructions. Its memory grows with the number of holes, not
// with that of the ids, and all sets together have a room that never grows: what finds no room is counted and left
// out.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>

namespace sluice::engine {

class IdSet {
 public:
  /// Ranges that may still be made, by all sets that share it.
  struct Room {
    size_t ranges = 0;
  };
  /// Times in microseconds since 1970; 0: not known.
  struct Range {
    int64_t first = 0, last = 0;
    int64_t first_time = 0, last_time = 0;
  };

  explicit IdSet(Room& room) : room_(&room) {}

  /// first <= last, both at least 0. How many of these ids are new; what finds no room is not.
  uint64_t add(int64_t first, int64_t last, int64_t time);
  bool empty() const { return ranges_.empty(); }
  /// Of a set that is not empty.
  int64_t first() const { return ranges_.begin()->second.first; }
  int64_t last() const { return ranges_.rbegin()->second.last; }
  uint64_t count() const { return count_; }
  /// Ids between the first and the last that are not in it.
  uint64_t missing() const;
  /// How many of these are in it.
  uint64_t count_between(int64_t first, int64_t last) const;
  /// How many ids between the two `other` has and this has not.
  uint64_t lacks_of(const IdSet& other, int64_t first, int64_t last) const;
  /// Ids that found no room.
  uint64_t left_out() const { return left_out_; }
  const std::map<int64_t, Range>& ranges() const { return ranges_; }

 private:
  using Place = std::map<int64_t, Range>::iterator;
  Place first_touching(int64_t id);

  Room* room_;
  std::map<int64_t, Range> ranges_;  ///< by their first id
  Place recent_ = ranges_.end();     ///< where the last id went
  uint64_t count_ = 0;
  uint64_t left_out_ = 0;
};

}  // namespace sluice::engine
