// SPDX-License-Identifier: Apache-2.0
// How much request weight this process may use at one REST host. The exchange allows so much a minute to an address,
// and bans for more. Any 60 seconds of this process use at most half of it, and what it uses together with others on
// the same address, as the exchange last reported it, stays below nine tenths. A wait that the exchange asks for holds
// for all nodes. Thread-safe; has no clock of its own.
#pragma once
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

namespace sluice::binance {

class WeightBudget {
 public:
  static constexpr int64_t usual_limit = 6'000;
  static constexpr int64_t minute_ns = 60'000'000'000;

  explicit WeightBudget(int64_t limit_a_minute = usual_limit)
      : own_limit_(limit_a_minute / 2), common_limit_(limit_a_minute - limit_a_minute / 10) {}

  /// The one of this host; it lives as long as somebody holds it.
  static std::shared_ptr<WeightBudget> of(const std::string& host);

  /// Takes the weight of a request; false: there is not enough now, see free_at.
  bool take(int64_t weight, int64_t now_ns);
  /// The earliest moment at which there is, as far as it is known.
  int64_t free_at(int64_t weight, int64_t now_ns);
  /// What all on this address used in the exchange's minute, which ends at `minute_end_ns`.
  void report(int64_t used, int64_t minute_end_ns, int64_t now_ns);
  /// The exchange wants to be left alone until then.
  void hold_until(int64_t ns);

 private:
  int64_t free_at_locked(int64_t weight, int64_t now_ns);

  struct Spent {
    int64_t at_ns;
    int64_t weight;
  };

  const int64_t own_limit_;
  const int64_t common_limit_;
  std::mutex mutex_;
  std::deque<Spent> spent_;  ///< in the last minute
  int64_t own_ = 0;          ///< their sum
  int64_t used_ = 0;         ///< by all, in the exchange's minute
  int64_t minute_end_ns_ = 0;
  int64_t held_until_ns_ = 0;
};

}  // namespace sluice::binance
