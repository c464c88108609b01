// SPDX-License-Identifier: Apache-2.0
// One client's connection to REST: reads a request head, writes its reply, and again while both keep it alive.
// Bounded: a head of 16 KiB, one reply, and a minute for each step. Requests sent ahead are answered in order.
// Runs on the server's thread; stays alive by the operation under way, and reports `gone` once.
#pragma once
#include <array>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>

#include "handshake.hpp"
#include "rest.hpp"
#include "transport.hpp"

namespace sluice::sim {

class RestConnection final : public std::enable_shared_from_this<RestConnection> {
 public:
  using Answer = std::function<RestReply(const RestRequest&, const Now&)>;
  RestConnection(Answer answer, std::unique_ptr<Transport> transport);

  // `bytes` is what was read already: at least one head.
  void start(std::string bytes, std::function<void(RestConnection*)> gone);
  void close();

 private:
  void next();
  void read();
  void answer(std::string_view head);
  void reply(const RestReply& reply, bool keep_alive);
  void write();
  void watch();

  Answer answer_;
  std::unique_ptr<Transport> transport_;
  std::function<void(RestConnection*)> gone_;
  std::array<char, 4096> incoming_{};
  std::string unread_, outgoing_;
  std::size_t written_ = 0;
  bool keep_alive_ = true, closed_ = false;
  bool cut_ = false;  // a fault: the reply under way is the last, and not whole
  boost::asio::steady_timer deadline_;
};

}  // namespace sluice::sim
