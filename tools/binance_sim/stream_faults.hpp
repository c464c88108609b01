// SPDX-License-Identifier: Apache-2.0
// What goes wrong inside a live stream while its connection goes on: events that do not come, come twice, change
// places, or come with a wrong id. The market has issued them all the same, so REST has them.
// Counts the events of each stream by itself. Decides nothing where no fault is set, and costs nothing there.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "outcome.hpp"
#include "tape.hpp"
#include "truth.hpp"

namespace sluice::sim {

enum class StreamFaultKind { drop, repeat, swap, wild };

// What a wild id is above the right one.
inline constexpr std::int64_t wild_distance = 1'000'000'000;

// A type (trade) or a name (btcusdt@trade), and whether it means this stream.
bool is_stream(std::string_view text);
bool matches(std::string_view stream, const StreamInfo& info);

struct IdRange {
  std::string stream;  // a name, btcusdt@trade, or a type, trade: every stream of it
  std::int64_t first = 0, last = 0;
  bool has(const StreamInfo& info, std::int64_t id) const;
};

struct StreamFault {
  StreamFaultKind kind = StreamFaultKind::drop;
  std::string stream;
  std::optional<IdRange> ids;  // these; otherwise `count` events after `after` events of the stream
  std::uint64_t after = 0, count = 1;
  bool every = false;
  bool has(const StreamInfo& info, std::int64_t id, std::uint64_t events_before) const;
};

// STREAM:FIRST-LAST
Outcome<IdRange> parse_id_range(std::string_view option, std::string_view text);
// STREAM:FIRST-LAST or STREAM:[every:]N[:count]
Outcome<StreamFault> parse_stream_fault(StreamFaultKind kind, std::string_view option, std::string_view text);

class StreamFaults {
 public:
  StreamFaults(const StreamTable& streams, const std::vector<StreamFault>& faults, Truth& truth);
  bool any() const { return !faults_.empty(); }
  // From now on: N counts the events of each stream from here.
  void strike(const StreamFault& fault);

  // Puts on the tape what becomes of the event.
  void put(const Event& event, Tape& tape);
  // Nothing follows any more: what waits to change places goes out as it is.
  void end(Tape& tape);

 private:
  struct Stream {
    std::uint64_t events = 0;
    std::optional<Event> held;  // changes places with the next
  };
  Stream& at(std::size_t index) {
    if (streams_.size() <= index) streams_.resize(table_.size());
    return streams_[index];
  }
  const StreamTable& table_;
  std::vector<StreamFault> faults_;
  Truth& truth_;
  std::vector<Stream> streams_;
};

}  // namespace sluice::sim
