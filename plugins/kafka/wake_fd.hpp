// SPDX-License-Identifier: Apache-2.0
// What the output half's stage sleeps on: librdkafka writes to it when something has come, and any thread may. Whoever
// hands the descriptor to a client keeps it open for as long as that client may live.
#pragma once
#include <cstdint>
#include <memory>

#include "sluice/result.hpp"

namespace sluice::kafka {

class WakeFd {
 public:
  static Result<std::shared_ptr<WakeFd>> make();
  explicit WakeFd(int fd) : fd_(fd) {}
  WakeFd(const WakeFd&) = delete;
  ~WakeFd();

  int fd() const { return fd_; }
  void wake() const;  ///< any thread
  /// Until something comes, wake() is called, or the time is over. What came before is not waited for.
  void wait(int64_t timeout_ns) const;

 private:
  const int fd_;
};

}  // namespace sluice::kafka
