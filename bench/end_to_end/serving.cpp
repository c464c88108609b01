// SPDX-License-Identifier: Apache-2.0
#include "serving.hpp"

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
#include <thread>

namespace sluice::bench {

void give_up(const char* what) {
  std::perror(what);
  std::exit(1);
}

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (written <= 0) give_up("bench: send");
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
    give_up("bench: listen");
  }
  port = ntohs(address.sin_port);
  return fd;
}

namespace {

void answer_upgrade(int fd) {
  std::string head;
  char some[4096];
  while (head.find("\r\n\r\n") == std::string::npos) {
    const ssize_t got = ::recv(fd, some, sizeof some, 0);
    if (got <= 0) give_up("bench: no upgrade came");
    head.append(some, static_cast<size_t>(got));
  }
  constexpr std::string_view key_header = "Sec-WebSocket-Key: ";
  const size_t at = head.find(key_header);
  if (at == std::string::npos) give_up("bench: the upgrade has no key");
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

}  // namespace

int accept_client(int listener) {
  const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd < 0) give_up("bench: accept");
  answer_upgrade(fd);
  return fd;
}

void wait_until_taken(int fd) {
  int waiting = 1;
  while (waiting > 0) {
    if (::ioctl(fd, SIOCOUTQ, &waiting) != 0) give_up("bench: SIOCOUTQ");
    if (waiting > 0) std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
}

}  // namespace sluice::bench
