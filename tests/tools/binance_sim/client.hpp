// SPDX-License-Identifier: Apache-2.0
// A plain websocket client on Beast, for tests of the simulator: blocking, one message a call.
// Answers pings by itself while it reads, unless only raw bytes are read.
// Never retries and hides no error: how a connection ended comes back as a message.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

struct Message {
  enum Kind { text, closed, failed } kind = failed;
  std::string payload;  // the text, the close reason, or the error
  unsigned code = 0;    // of a close frame
};

class Client {
 public:
  // TLS when `trusted_pem` is not empty; the certificate must then be valid for localhost.
  Client(std::uint16_t port, const std::string& target, const std::string& trusted_pem = "");
  ~Client();

  // 101 when the upgrade went well.
  unsigned status() const { return status_; }
  Message read();
  // Texts until one has come `count` times or the connection ended.
  std::vector<std::string> read_texts(std::size_t count);
  Message read_to_end();
  void write(const std::string& text);
  void ping(const std::string& payload);
  void pong(const std::string& payload);
  void close();
  void drop();  // TCP reset
  std::size_t pings() const;
  // Bytes as they come, without websocket handling (and so without pongs); empty at the end.
  std::string read_raw();

 private:
  struct Body;
  std::unique_ptr<Body> body_;
  unsigned status_ = 0;
};

inline const std::string nine_streams =
    "/stream?streams=btcusdt@trade/btcusdt@aggTrade/btcusdt@bookTicker/ethusdt@trade/ethusdt@aggTrade/"
    "ethusdt@bookTicker/bnbusdt@trade/bnbusdt@aggTrade/bnbusdt@bookTicker";
