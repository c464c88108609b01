// SPDX-License-Identifier: Apache-2.0
// The simulator as a whole: listens, makes a session of every connection, ends in good order and writes the truth.
// prepare() reads and opens everything that can fail; run() serves until stop() or the end that the options set.
// stop() may be called from any thread and from a signal handler's thread; nothing else may.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "options.hpp"
#include "outcome.hpp"

namespace sluice::sim {

class Server {
 public:
  explicit Server(Options options);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  // Lines for whoever watches; called on the thread of run().
  void on_log(std::function<void(const std::string&)> log);
  // The frames asked for (or the capture) are out.
  void on_end(std::function<void(const std::string&)> ended);

  std::optional<Failure> prepare();
  std::size_t hosts() const;
  // ws://127.0.0.1:43121, of the first host and of those given by --also
  std::string url(std::size_t host = 0) const;
  std::uint16_t port(std::size_t host = 0) const;
  // The certificate clients have to trust; empty without TLS.
  std::string certificate_pem() const;

  void stop_on_signals();
  // Returns when all connections are closed and the truth is written.
  std::optional<Failure> run();
  void stop(const std::string& reason);

 private:
  class Body;
  std::unique_ptr<Body> body_;
};

}  // namespace sluice::sim
