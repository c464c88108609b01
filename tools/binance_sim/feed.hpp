// SPDX-License-Identifier: Apache-2.0
// Where events come from and when: the generated market at a rate, or a capture by its receive times.
// Guarantees that pull() never puts more than `room` events on the tape, that only wanted events get there, and that
// every event which passed, wanted or not, was told to `issued`.
// Reads no clock: the time is handed in, so that tests need not wait.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "capture.hpp"
#include "market.hpp"
#include "tape.hpp"

namespace sluice::sim {

using Time = std::chrono::steady_clock::time_point;

inline Time::duration in_seconds(double seconds) {
  return std::chrono::duration_cast<Time::duration>(std::chrono::duration<double>(seconds));
}

struct Now {
  Time steady;
  std::int64_t wall_ms = 0;
};

class Feed {
 public:
  using Issued = std::function<void(const Event&)>;
  virtual ~Feed() = default;
  virtual void pull(const Now& now, const Wanted& wanted, std::size_t room, Tape& tape, const Issued& issued) = 0;
  // When the next event is due; none when it is due at once or nothing will come any more.
  virtual std::optional<Time> next_due() const = 0;
  virtual bool ended() const = 0;
  // Somebody listens again. The market stood still meanwhile, or went on and what passed is lost.
  virtual void resume(const Now& now, bool market_went_on, const Issued& issued) = 0;
  // Only a generated market takes other symbols. A new one gets its streams into the table.
  virtual Market* market() { return nullptr; }
};

struct Pace {
  double events_per_second = 0;          // 0: as fast as they are taken
  double capture_speed = 1;              // for captures without a rate; 0: as fast as they are taken
  std::optional<std::int64_t> start_ms;  // generated times start here and follow the number of events
};

std::unique_ptr<Feed> make_generated_feed(std::uint64_t seed, const Pace& pace);
std::unique_ptr<Feed> make_capture_feed(const Capture& capture, const Pace& pace);

}  // namespace sluice::sim
