// SPDX-License-Identifier: Apache-2.0
// bench_blaster MIB ROUNDS: serves one websocket client on a free port of the loopback. Builds MIB mebibytes of frames,
// prints `listening PORT`, answers the first upgrade, writes the same bytes ROUNDS times, waits until the client's
// kernel has all, prints `sent FRAMES PAYLOAD_BYTES SECONDS` and closes. Looks at nothing the client sends after.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

#include "frames.hpp"

namespace {

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::exit(1);
}

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (written <= 0) give_up("bench_blaster: send");
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

int listen_on_loopback(uint16_t& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (fd < 0 || ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(fd, 1) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    give_up("bench_blaster: listen");
  }
  port = ntohs(address.sin_port);
  return fd;
}

void answer_upgrade(int fd) {
  std::string head;
  char some[4096];
  while (head.find("\r\n\r\n") == std::string::npos) {
    const ssize_t got = ::recv(fd, some, sizeof some, 0);
    if (got <= 0) give_up("bench_blaster: no upgrade came");
    head.append(some, static_cast<size_t>(got));
  }
  constexpr std::string_view key_header = "Sec-WebSocket-Key: ";
  const size_t at = head.find(key_header);
  if (at == std::string::npos) give_up("bench_blaster: the upgrade has no key");
  const size_t begin = at + key_header.size();
  const std::string text = head.substr(begin, head.find('\r', begin) - begin) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr);
  unsigned char accept[64];
  EVP_EncodeBlock(accept, digest, static_cast<int>(size));
  write_all(fd, fmt::format("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            "Sec-WebSocket-Accept: {}\r\n\r\n",
                            reinterpret_cast<const char*>(accept)));
}

void wait_until_taken(int fd) {
  int waiting = 1;
  while (waiting > 0) {
    if (::ioctl(fd, SIOCOUTQ, &waiting) != 0) give_up("bench_blaster: SIOCOUTQ");
    if (waiting > 0) std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("bench_blaster MIB ROUNDS\n", stderr);
    return 2;
  }
  const auto mib = static_cast<uint64_t>(std::atoll(argv[1]));
  const auto rounds = static_cast<uint64_t>(std::atoll(argv[2]));
  const sluice::bench::Frames frames = sluice::bench::build_frames(mib << 20);
  uint16_t port = 0;
  const int listener = listen_on_loopback(port);
  fmt::print("listening {}\n", port);
  std::fflush(stdout);
  const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd < 0) give_up("bench_blaster: accept");
  answer_upgrade(fd);
  const auto start = std::chrono::steady_clock::now();
  for (uint64_t round = 0; round < rounds; ++round) write_all(fd, frames.bytes);
  wait_until_taken(fd);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  fmt::print("sent {} {} {:.6f}\n", frames.count * rounds, frames.payload_bytes * rounds, took.count());
  ::close(fd);
  return 0;
}
