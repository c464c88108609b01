// SPDX-License-Identifier: Apache-2.0
#include "loopback/server.hpp"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "sluice/net/upgrade.hpp"
#include "socket_bio.hpp"

namespace sluice::net::test {
namespace {

/// Waits in slices, so that the end of the server is noticed.
bool ready(int fd, short events, const std::atomic<bool>& ending) {
  pollfd entry{fd, events, 0};
  while (!ending) {
    const int found = ::poll(&entry, 1, 20);
    if (found > 0) return true;
    if (found < 0 && errno != EINTR) return false;
  }
  return false;
}

void add_extension(X509* certificate, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

}  // namespace

Client::Client(int fd, SSL_CTX* tls, const std::atomic<bool>& ending) : fd_(fd), ending_(ending) {
  if (tls != nullptr) start_tls(tls);
}

void Client::start_tls(SSL_CTX* tls) {
  ssl_.reset(SSL_new(tls));
  BIO* bio = new_socket_bio(fd_);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_accept_state(ssl_.get());
}

Client::~Client() { end(); }

size_t Client::read_some(char* to, size_t room) {
  while (fd_ >= 0) {
    if (ssl_ && SSL_pending(ssl_.get()) == 0 && !ready(fd_, POLLIN, ending_)) return 0;
    if (!ssl_ && !ready(fd_, POLLIN, ending_)) return 0;
    const ssize_t got = ssl_ ? SSL_read(ssl_.get(), to, static_cast<int>(room)) : ::recv(fd_, to, room, 0);
    if (got > 0) return static_cast<size_t>(got);
    if (!ssl_ || SSL_get_error(ssl_.get(), static_cast<int>(got)) != SSL_ERROR_WANT_READ) return 0;
  }
  return 0;
}

bool Client::read_exactly(std::string& to, size_t size) {
  to.assign(size, '\0');
  size_t have = 0;
  while (have < size) {
    const size_t got = read_some(to.data() + have, size - have);
    if (got == 0) return false;
    have += got;
  }
  return true;
}

std::string Client::read_request() {
  std::string request;
  char c = 0;
  while (request.find("\r\n\r\n") == std::string::npos && read_some(&c, 1) == 1) request += c;
  return request;
}

void Client::accept_upgrade(const std::string& request, const std::string& right_behind) {
  const std::string name = "Sec-WebSocket-Key: ";
  const size_t at = request.find(name) + name.size();
  const std::string key = request.substr(at, request.find("\r\n", at) - at);
  send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
       websocket_accept(key) + "\r\n\r\n" + right_behind);
}

std::string Client::upgrade(const std::string& right_behind) {
  std::string request = read_request();
  if (!request.empty()) accept_upgrade(request, right_behind);
  return request;
}

bool Client::send(const std::string& bytes) {
  size_t done = 0;
  while (done < bytes.size() && fd_ >= 0) {
    if (!ready(fd_, POLLOUT, ending_)) return false;
    const char* from = bytes.data() + done;
    const size_t size = bytes.size() - done;
    const ssize_t sent = ssl_ ? SSL_write(ssl_.get(), from, static_cast<int>(size))
                              : ::send(fd_, from, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      done += static_cast<size_t>(sent);
    } else if (ssl_ ? SSL_get_error(ssl_.get(), static_cast<int>(sent)) != SSL_ERROR_WANT_WRITE : errno != EAGAIN) {
      return false;
    }
  }
  return done == bytes.size();
}

Client::Frame Client::receive() {
  std::string head, mask;
  Frame frame;
  if (!read_exactly(head, 2)) return {};
  const auto second = static_cast<uint8_t>(head[1]);
  frame.masked = (second & 0x80) != 0;
  if (frame.masked && !read_exactly(mask, 4)) return {};
  if (!read_exactly(frame.payload, second & 0x7f)) return {};
  for (size_t i = 0; i < frame.payload.size() && frame.masked; ++i) {
    frame.payload[i] = static_cast<char>(frame.payload[i] ^ mask[i % 4]);
  }
  frame.opcode = static_cast<uint8_t>(head[0]) & 0x0f;
  return frame;
}

void Client::wait_for_end() {
  char thrown_away[256];
  while (read_some(thrown_away, sizeof thrown_away) > 0) {
  }
}

void Client::end(bool with_tls_farewell) {
  if (ssl_ && with_tls_farewell && SSL_is_init_finished(ssl_.get())) SSL_shutdown(ssl_.get());
  ssl_.reset();
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void Client::reset() {
  const linger at_once{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  end(false);
}

Certificate::Certificate() {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 86'400);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate, NID_subject_alt_name, "DNS:localhost,DNS:server.test,IP:127.0.0.1");
  X509_sign(certificate, key, EVP_sha256());

  std::string path = (std::getenv("TMPDIR") != nullptr ? std::getenv("TMPDIR") : "/tmp");
  path += "/server_XXXXXX";
  const int fd = ::mkstemp(path.data());
  FILE* file = fd < 0 ? nullptr : ::fdopen(fd, "w");
  if (file == nullptr) throw std::runtime_error("no temporary file for a certificate: " + path);
  PEM_write_X509(file, certificate);
  std::fclose(file);
  file_ = path;

  context_.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX_use_certificate(context_.get(), certificate);
  SSL_CTX_use_PrivateKey(context_.get(), key);
  SSL_CTX_set_mode(context_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  X509_free(certificate);
  EVP_PKEY_free(key);
}

Certificate::~Certificate() { ::unlink(file_.c_str()); }

Server::Server(Script script, const Certificate* certificate, const std::string& host, uint16_t port)
    : script_(std::move(script)), certificate_(certificate) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  ::inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  address.sin_port = htons(port);
  const int on = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (listener_ < 0 || ::bind(listener_, generic, size) != 0 || ::listen(listener_, 16) != 0 ||
      ::getsockname(listener_, generic, &size) != 0) {
    throw std::runtime_error("no loopback port for the test's server");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

Server::~Server() {
  ending_ = true;
  thread_.join();
  ::close(listener_);
}

std::string Server::url(const std::string& host) const {
  return (certificate_ != nullptr ? "wss://" : "ws://") + host + ":" + std::to_string(port_);
}

void Server::run() {
  while (ready(listener_, POLLIN, ending_)) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    Client client(fd, certificate_ != nullptr ? certificate_->server_context() : nullptr, ending_);
    script_(connections_++, client);
  }
}

}  // namespace sluice::net::test
