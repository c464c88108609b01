// SPDX-License-Identifier: Apache-2.0
// A plain HTTP client on Beast, for tests of the simulator's REST: blocking, one request a call on one kept connection.
// Also sends bytes that are not HTTP. Never retries: how a reply failed comes back in it.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

struct HttpReply {
  unsigned status = 0;  // 0: no whole reply came
  std::string body, error, retry_after;
  std::uint64_t used_weight = 0;
  bool keep_alive = false;
};

class RestClient {
 public:
  explicit RestClient(std::uint16_t port, const std::string& trusted_pem = "");
  ~RestClient();
  HttpReply get(const std::string& target, const std::string& time_unit = "");
  // Writes the bytes as they are and reads one reply.
  HttpReply send(const std::string& bytes);
  // One more reply to what was sent.
  HttpReply read();

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};
