// SPDX-License-Identifier: Apache-2.0
// A loopback server for tests: accepts connections on a free port, with or without TLS, and runs a script for each on
// a thread of its own, with raw access to the bytes, so that a test can send what no honest server would. Ends its
// thread when it is destroyed, whatever the script waits for.
#pragma once
#include <openssl/ssl.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "loopback/frame_text.hpp"
#include "sluice/net/transport.hpp"

namespace sluice::net::test {

/// The server's end of one connection. Every call blocks; after the client or the server is gone they do nothing.
class Client {
 public:
  Client(int fd, SSL_CTX* tls, const std::atomic<bool>& ending);
  ~Client();
  /// The request's head, up to its blank line.
  std::string read_request();
  void accept_upgrade(const std::string& request, const std::string& right_behind = {});
  /// read_request and accept_upgrade; returns the request.
  std::string upgrade(const std::string& right_behind = {});

  /// What follows is TLS, as behind a tunnel.
  void start_tls(SSL_CTX* tls);

  bool send(const std::string& bytes);
  struct Frame {
    uint8_t opcode = 0xff;  ///< 0xff: the connection ended
    std::string payload{};  ///< unmasked
    bool masked = false;
  };
  Frame receive();
  /// Until the client ends the connection.
  void wait_for_end();
  void end(bool with_tls_farewell = true);
  void reset();

 private:
  size_t read_some(char* to, size_t room);
  bool read_exactly(std::string& to, size_t size);
  int fd_;
  std::unique_ptr<SSL, SslDeleter> ssl_;
  const std::atomic<bool>& ending_;
};

/// A self-signed certificate for `localhost`, `server.test` and 127.0.0.1 in a file that goes with it.
class Certificate {
 public:
  Certificate();
  ~Certificate();
  const std::string& file() const { return file_; }
  SSL_CTX* server_context() const { return context_.get(); }

 private:
  std::string file_;
  TlsContext context_;
};

class Server {
 public:
  /// `script` gets the number of the connection, from 0. Connections are served one after the other.
  using Script = std::function<void(int number, Client& client)>;
  explicit Server(Script script, const Certificate* certificate = nullptr, const std::string& address = "127.0.0.1",
                  uint16_t port = 0);
  ~Server();
  uint16_t port() const { return port_; }
  std::string url(const std::string& host = "127.0.0.1") const;
  int connections() const { return connections_; }

 private:
  void run();
  Script script_;
  const Certificate* certificate_;
  int listener_ = -1;
  uint16_t port_ = 0;
  std::atomic<bool> ending_{false};
  std::atomic<int> connections_{0};
  std::thread thread_;
};

}  // namespace sluice::net::test
