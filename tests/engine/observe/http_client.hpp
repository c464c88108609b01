// SPDX-License-Identifier: Apache-2.0
// A client that may misbehave: sends any bytes over a plain socket, and reads what comes. For tests only; every read
// gives up after a while, so that a server that does not answer fails a test and does not hang it.
#pragma once
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::testing {

class HttpClient {
 public:
  explicit HttpClient(uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval patience{60, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    is_connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  ~HttpClient() { ::close(socket_); }
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  bool is_connected() const { return is_connected_; }
  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }
  void end_sending() const { ::shutdown(socket_, SHUT_WR); }

  /// What comes until the server closes.
  std::string read_all() {
    while (read_some()) {
    }
    return std::move(text_);
  }
  /// One answer with a Content-Length; what comes after it stays.
  std::string read_answer(bool has_body = true) {
    size_t head = 0;
    while ((head = text_.find("\r\n\r\n")) == std::string::npos) {
      if (!read_some()) return std::move(text_);
    }
    head += 4;
    const size_t length = text_.find("Content-Length: ");
    const size_t body = has_body && length < head ? std::stoul(text_.substr(length + 16)) : 0;
    while (text_.size() < head + body && read_some()) {
    }
    std::string answer = text_.substr(0, head + body);
    text_.erase(0, head + body);
    return answer;
  }
  /// Whether the server has ended the connection, after all that it sent was read.
  bool was_closed() { return read_all().empty(); }

 private:
  bool read_some() {
    char bytes[4096];
    const ssize_t got = ::recv(socket_, bytes, sizeof bytes, 0);
    if (got > 0) text_.append(bytes, static_cast<size_t>(got));
    return got > 0;
  }
  int socket_;
  bool is_connected_ = false;
  std::string text_;
};

inline std::string get(uint16_t port, const std::string& path) {
  HttpClient client(port);
  client.send("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  return client.read_all();
}

}  // namespace sluice::testing
