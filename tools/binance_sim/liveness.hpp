// SPDX-License-Identifier: Apache-2.0
// Two rules of the exchange for one connection: each ping wants its payload back in time, and a client may send only
// so many messages a second.
// A pong that copies no open ping proves nothing. Reads no clock: the time is handed in.
#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::sim {

class PingBook {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::steady_clock::duration;

  PingBook(Duration interval, Duration timeout) : interval_(interval), timeout_(timeout) {}

  void start(Time now) { next_ping_ = now + interval_; }
  bool ping_due(Time now) const { return interval_.count() > 0 && now >= next_ping_; }
  // The payload to send: never empty, never the same twice.
  std::string make_ping(Time now, std::int64_t wall_ms);
  // True when it answers an open ping; that one and those before it are settled.
  bool pong(std::string_view payload);
  bool expired(Time now) const { return !open_.empty() && now >= open_.front().sent + timeout_; }
  // When ping_due or expired can next become true.
  std::optional<Time> next_event() const;

 private:
  struct Open {
    std::string payload;
    Time sent;
  };
  Duration interval_, timeout_;
  Time next_ping_{};
  std::uint64_t count_ = 0;
  std::deque<Open> open_;
};

class MessageLimit {
 public:
  using Time = std::chrono::steady_clock::time_point;
  explicit MessageLimit(std::size_t per_second) : per_second_(per_second) {}  // 0: no limit
  // False: one too many.
  bool admit(Time now);

 private:
  std::size_t per_second_;
  std::deque<Time> recent_;
};

}  // namespace sluice::sim
