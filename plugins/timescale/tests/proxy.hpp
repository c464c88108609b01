// SPDX-License-Identifier: Apache-2.0
// A TCP proxy between a test's sink and a real server, which a test can cut, freeze and close: what a network does. One
// thread; every connection is passed on byte by byte until the test says otherwise.
#pragma once
#include <atomic>
#include <cstdint>
#include <list>
#include <string>
#include <thread>
#include <vector>

namespace timescale_test {

class Proxy {
 public:
  /// Listens on a free port of loopback from the start.
  Proxy(std::string host, uint16_t port);
  Proxy(const Proxy&) = delete;
  ~Proxy();
  uint16_t port() const { return port_; }
  /// Ends every connection; new ones are taken as before.
  void cut() { cuts_ += 1; }
  /// Like cut, but only once so many answers of the server are there, the last of which is not passed on: it did the
  /// work, and the sink does not know.
  void cut_at_answer(int number = 1) { cut_at_answer_ = number; }
  bool has_cut_at_answer() const { return cut_at_answer_ == 0; }
  /// The next statement or COPY of more than a few rows loses its last bytes, and its client the connection. The
  /// server is not told: its side stands until the proxy ends.
  void leave_before_end() { leaving_ = true; }
  /// From then on new connections are refused.
  void refuse_after_left() { refusing_after_left_ = true; }
  bool has_left() const { return !leaving_; }
  /// Connections stand, and nothing passes, until it is lifted.
  void freeze(bool on) { frozen_ = on; }
  /// New connections are refused at once, and the ones that stand end.
  void refuse(bool on) { refusing_ = on; }
  uint64_t accepted() const { return accepted_; }

 private:
  struct Pair {
    int client, server;
    ssize_t asked = 0;  ///< bytes of the client's since the last answer
  };
  void run();
  void accept_one();
  bool pass(Pair& pair);
  bool leave(Pair& pair, const char* bytes, ssize_t size);
  void end_all();
  void listen_again();

  const std::string host_;
  const uint16_t server_port_;
  uint16_t port_ = 0;
  int listener_ = -1;
  std::list<Pair> pairs_;
  std::atomic<uint64_t> cuts_{0};
  uint64_t cuts_done_ = 0;
  std::atomic<int> cut_at_answer_{0};  ///< answers until then; 0: never
  std::atomic<bool> frozen_{false}, refusing_{false}, ended_{false}, leaving_{false}, refusing_after_left_{false};
  std::vector<int> left_;  ///< sockets to a server that waits for more
  std::atomic<uint64_t> accepted_{0};
  std::thread thread_;
};

}  // namespace timescale_test
