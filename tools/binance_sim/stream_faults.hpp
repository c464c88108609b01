// SPDX-License-Identifier: Apache-2.0
// What goes wrong inside a live stream while its connection goes on: events that do not come, come twice, or change
// places. The market has issued them all the same, so REST has them.
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

enum class StreamFaultKind { drop, repeat, swap };

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

  // Puts on the tape what becomes of the event.
  void put(const Event& event, Tape& tape);
  // Nothing follows any more: what waits to change places goes out as it is.
  void end(Tape& tape);

 private:
  struct Stream {
    std::uint64_t events = 0;
    std::optional<Event> held;  // changes places with the next
  };
  const StreamTable& table_;
  std::vector<StreamFault> faults_;
  Truth& truth_;
  std::vector<Stream> streams_;
};

}  // namespace sluice::sim
