// SPDX-License-Identifier: Apache-2.0
// Records that wait until the ids before them have come: of each stream in order of ids, whatever the order in which
// they were kept. Copies what lies in the read buffer, so that the wait pins nothing of it, and pins what was repaired.
// Allocates nothing while nothing waits. Bounded by who keeps records here: see bytes(). One thread.
#pragma once
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "decode.hpp"
#include "sluice/context.hpp"

namespace sluice::binance {

struct HeldRecord {
  const Stream* stream = nullptr;
  std::string_view payload;
  std::string_view symbol;
  Buffer bytes;  ///< that payload and symbol are views into
  int64_t id = 0;
  int64_t receive_time_ns = 0;
  int64_t event_time_ns = 0;
  int64_t trade_time_ns = 0;
  bool has_event_time = false;
  bool has_trade_time = false;
  bool is_repaired = false;
};

class HeldBack {
 public:
  /// `streams`: how many there are.
  HeldBack(Context context, uint64_t streams) : context_(context), lines_(streams) {}

  /// Of an event that has an id, and a symbol.
  void keep(const Event& event, int64_t receive_time_ns);
  /// Its bytes are pinned.
  void keep(HeldRecord record);
  /// What is kept of the stream from now on comes behind all that is kept of it now, whatever its ids.
  void begin_anew(const Stream& stream);

  bool has(const Stream& stream) const { return !lines_[stream.number].records.empty(); }
  /// The first record of the stream, where its id lies below `barrier` or the ids of its stream began anew behind it.
  const HeldRecord* first(const Stream& stream, int64_t barrier) const;
  void pop(const Stream& stream);

  uint64_t records() const { return records_; }
  /// Those of them that were repaired.
  uint64_t repaired() const { return repaired_; }
  /// How many ranges of ids they are.
  uint64_t ranges() const;
  /// With what it takes to keep them.
  uint64_t bytes() const { return bytes_; }

 private:
  struct Line {
    uint32_t series = 0;
    std::map<std::pair<uint32_t, int64_t>, HeldRecord> records;
    Buffer chunk;  ///< that copies go to
    uint64_t used = 0;
  };
  static uint64_t cost(const HeldRecord& record);
  std::string_view copy(Line& line, std::string_view text);

  Context context_;
  std::vector<Line> lines_;  ///< by Stream::number
  uint64_t records_ = 0;
  uint64_t repaired_ = 0;
  uint64_t bytes_ = 0;
};

}  // namespace sluice::binance
