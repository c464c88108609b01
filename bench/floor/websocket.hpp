// SPDX-License-Identifier: Apache-2.0
// What the hand-written programs share: a websocket client on loopback, as little as it can be. One buffer, one thread,
// receives of up to 1 MiB, frame headers walked in place. Knows no control frames, no fragments, no frame above 64 KiB
// and no error but giving up: for benchmarks alone.
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

namespace sluice::bench {

constexpr size_t read_bytes = 1024 * 1024;
constexpr size_t padding_bytes = 64;  // readable behind every payload
constexpr std::string_view upgrade =
    "GET /stream?streams=btcusdt@trade HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

[[noreturn]] inline void give_up(const char* what) {
  std::perror(what);
  std::exit(1);
}

inline int connect_to(uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) give_up("bench_floor");
  if (::send(fd, upgrade.data(), upgrade.size(), 0) < 0) give_up("bench_floor");
  return fd;
}

/// Calls `take(payload, size)` for every whole frame; returns how many bytes they had.
template <typename Take>
size_t walk(const uint8_t* bytes, size_t size, Take& take) {
  size_t at = 0;
  while (size - at >= 4) {
    size_t header = 2;
    size_t payload = bytes[at + 1];
    if (payload == 126) {
      header = 4;
      payload = size_t{bytes[at + 2]} << 8 | bytes[at + 3];
    }
    if (size - at < header + payload) break;
    take(bytes + at + header, payload);
    at += header + payload;
  }
  return at;
}

/// Reads until the server closes: `received()` after every receive, then `take` for every frame of it.
template <typename Received, typename Take>
void read_frames(int fd, Received received, Take take) {
  const auto buffer = std::make_unique<uint8_t[]>(read_bytes + 64 * 1024 + padding_bytes);
  size_t filled = 0;
  bool has_upgraded = false;
  for (;;) {
    const ssize_t got = ::recv(fd, buffer.get() + filled, read_bytes, 0);
    if (got < 0) give_up("bench_floor: recv");
    if (got == 0) break;
    filled += static_cast<size_t>(got);
    received();
    size_t done = 0;
    if (!has_upgraded) {
      const std::string_view text(reinterpret_cast<const char*>(buffer.get()), filled);
      const size_t end = text.find("\r\n\r\n");
      if (end == std::string_view::npos) continue;
      has_upgraded = true;
      done = end + 4;
    }
    done += walk(buffer.get() + done, filled - done, take);
    filled -= done;
    std::memmove(buffer.get(), buffer.get() + done, filled);
  }
  ::close(fd);
}

}  // namespace sluice::bench
