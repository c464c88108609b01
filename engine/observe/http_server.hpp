// SPDX-License-Identifier: Apache-2.0
// A small HTTP/1.1 server on one thread of its own, for pages that a function makes: GET and HEAD, no bodies, no files.
// It promises that no client can cost the program more than that thread and a bounded amount of memory: connections,
// the size of a request's head, the time a connection may take and what it may send are limited, and when there are too
// many connections the one that has waited longest goes. Never throws; whatever a client sends gets an answer or the
// end of its connection.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "graph/http_address.hpp"
#include "sluice/result.hpp"

namespace sluice::engine {

struct HttpAnswer {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

struct HttpLimits {
  size_t connections = 64;
  uint32_t head_bytes = 8 * 1024;
  std::chrono::milliseconds request{10'000};  ///< from the connection, or the last answer, to the end of a head
  std::chrono::milliseconds answer{10'000};   ///< for sending one
};

struct HttpCounts {
  std::map<unsigned, uint64_t> requests;  ///< answered before this one, by status
  uint64_t connections = 0;               ///< open now
  uint64_t refused = 0;                   ///< closed to make room for others
};

struct HttpOptions {
  /// Makes the answer for a path such as "/metrics", without its query. Server's thread; may throw.
  std::function<HttpAnswer(std::string_view path, const HttpCounts& counts)> answer;
  /// Called now and then on the same thread.
  std::function<void()> tick{};
  std::chrono::milliseconds tick_interval{1'000};
  HttpLimits limits{};
};

class HttpServer {
 public:
  /// Listens and serves until it is destroyed. The error names the address and what to do.
  static Result<std::unique_ptr<HttpServer>> start(const HttpAddress& address, HttpOptions options);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// As bound: the numbers behind a name, and the port that was chosen for port 0.
  HttpAddress address() const;
  /// Others than programs of this machine can connect.
  bool is_beyond_loopback() const;

 private:
  class Loop;
  explicit HttpServer(std::unique_ptr<Loop> loop);
  std::unique_ptr<Loop> loop_;
};

}  // namespace sluice::engine
