// SPDX-License-Identifier: Apache-2.0
// bench_floor walk|parse PORT: what reading the exchange's frames costs when written by hand for nothing else. One
// buffer, one thread: receive up to 1 MiB, walk the frame headers in place, with `parse` also find stream, symbol and
// id by simdjson, and forget them. Prints `received FRAMES PAYLOAD_BYTES CHECK`. Handles no error but by giving up.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <simdjson.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

namespace {

namespace json = simdjson::ondemand;

constexpr size_t read_bytes = 1024 * 1024;
constexpr size_t room_bytes = read_bytes + 64 * 1024 + simdjson::SIMDJSON_PADDING;
constexpr std::string_view upgrade =
    "GET /stream?streams=btcusdt@trade HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

struct Sums {
  uint64_t frames = 0;
  uint64_t payload_bytes = 0;
  uint64_t check = 0;
};

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::exit(1);
}

int connect_to(uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) give_up("bench_floor");
  if (::send(fd, upgrade.data(), upgrade.size(), 0) < 0) give_up("bench_floor");
  return fd;
}

void parse(json::parser& parser, const uint8_t* payload, size_t size, Sums& sums) {
  json::document document = parser.iterate(payload, size, size + simdjson::SIMDJSON_PADDING);
  const std::string_view stream = document["stream"].get_string().value();
  // The type's first letter stands behind the '@'.
  const char type = stream[stream.find('@') + 1];
  json::object data = document["data"].get_object().value();
  // In the order in which the exchange writes them.
  if (type == 'b') {
    sums.check += data["u"].get_uint64().value();
    sums.check += data["s"].get_string().value().size();
  } else {
    sums.check += data["s"].get_string().value().size();
    sums.check += data[type == 't' ? "t" : "a"].get_uint64().value();
  }
}

size_t walk(const uint8_t* bytes, size_t size, json::parser* parser, Sums& sums) {
  size_t at = 0;
  while (size - at >= 4) {
    size_t header = 2;
    size_t payload = bytes[at + 1];
    if (payload == 126) {
      header = 4;
      payload = size_t{bytes[at + 2]} << 8 | bytes[at + 3];
    }
    if (size - at < header + payload) break;
    if (parser != nullptr) parse(*parser, bytes + at + header, payload, sums);
    ++sums.frames;
    sums.payload_bytes += payload;
    at += header + payload;
  }
  return at;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("bench_floor walk|parse PORT\n", stderr);
    return 2;
  }
  const bool parses = std::string_view(argv[1]) == "parse";
  const int fd = connect_to(static_cast<uint16_t>(std::atoi(argv[2])));
  const auto buffer = std::make_unique<uint8_t[]>(room_bytes);
  json::parser parser;
  Sums sums;
  size_t filled = 0;
  bool has_upgraded = false;
  for (;;) {
    const ssize_t got = ::recv(fd, buffer.get() + filled, read_bytes, 0);
    if (got < 0) give_up("bench_floor");
    if (got == 0) break;
    filled += static_cast<size_t>(got);
    size_t done = 0;
    if (!has_upgraded) {
      const std::string_view text(reinterpret_cast<const char*>(buffer.get()), filled);
      const size_t end = text.find("\r\n\r\n");
      if (end == std::string_view::npos) continue;
      has_upgraded = true;
      done = end + 4;
    }
    done += walk(buffer.get() + done, filled - done, parses ? &parser : nullptr, sums);
    filled -= done;
    std::memmove(buffer.get(), buffer.get() + done, filled);
  }
  ::close(fd);
  fmt::print("received {} {} {}\n", sums.frames, sums.payload_bytes, sums.check);
  return 0;
}
