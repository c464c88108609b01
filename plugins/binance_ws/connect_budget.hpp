// SPDX-License-Identifier: Apache-2.0
// How many connections this process may attempt to one host. The exchange allows 300 in five minutes for an address and
// bans for more; whatever happens, whatever the settings, and however many nodes share the host, this stays below 100.
// Some at once are free, so that a start with many nodes and a single reconnect wait for nothing; then they come back
// one by one. A wait that the exchange asks for holds for all. Thread-safe; has no clock of its own.
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

namespace sluice::binance {

class ConnectBudget {
 public:
  static constexpr int64_t at_once = 30;
  static constexpr int64_t every_ns = 5'000'000'000;

  /// The one of this host; it lives as long as somebody holds it.
  static std::shared_ptr<ConnectBudget> of(const std::string& host);

  /// Takes an attempt; false: there is none now, see free_at.
  bool take(int64_t now_ns);
  /// Attempts that were made already, as one that was taken may try several addresses.
  void spend(int attempts, int64_t now_ns);
  /// The earliest moment from `from_ns` on at which one is free, as far as it is known.
  int64_t free_at(int64_t from_ns) const;
  /// The exchange wants to be left alone until then.
  void hold_until(int64_t ns);

 private:
  int64_t free_at_locked(int64_t from_ns) const;

  mutable std::mutex mutex_;
  int64_t full_at_ns_ = 0;  ///< when all are free again
  int64_t held_until_ns_ = 0;
};

}  // namespace sluice::binance
