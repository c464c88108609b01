// SPDX-License-Identifier: Apache-2.0
// An open session of `binance_ws` whose other end is in the same program: the exchange's frames lie in the socket
// before the session reads them, always as many bytes, so that every read finds the same but for its ids. Never waits
// for the network.
#pragma once
#include <memory>

#include "material.hpp"
#include "session.hpp"

namespace sluice::bench {

class Loopback {
 public:
  Loopback(Context context, net::ReadBuffer& buffer);
  Loopback(const Loopback&) = delete;
  ~Loopback();
  binance::Session& session() { return *session_; }
  /// Fills up what the last read took; returns when all of it lies at the session's end.
  void fill();

 private:
  int far_end_ = -1;
  Frames frames_ = exchange_frames();
  uint64_t rounds_ = 0;  ///< of all frames
  size_t next_ = 0;      ///< of the frames' bytes
  size_t waiting_ = 0;   ///< bytes that the session has not read
  std::unique_ptr<binance::Session> session_;
};

}  // namespace sluice::bench
