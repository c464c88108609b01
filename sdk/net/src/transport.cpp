// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/transport.hpp"

#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

#include "sluice/safe_text.hpp"
#include "socket_bio.hpp"

namespace sluice::net {
namespace {

std::string take_ssl_error() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "no reason was given";
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "error " + std::to_string(code);
}

int bounded(uint64_t size) { return static_cast<int>(std::min<uint64_t>(size, INT_MAX)); }

constexpr int most_names_shown = 4;
constexpr size_t most_shown_of_name = 100;

/// The hosts that a certificate is for, as it says.
std::string names_of(const X509* certificate) {
  std::string text;
  auto* names = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  int shown = 0;
  for (int i = 0; i < sk_GENERAL_NAME_num(names) && shown < most_names_shown; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    if (name->type != GEN_DNS) continue;
    const std::string_view host(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                                static_cast<size_t>(ASN1_STRING_length(name->d.dNSName)));
    text += (shown++ == 0 ? "" : ", ") + safe_text(host, most_shown_of_name);
  }
  GENERAL_NAMES_free(names);
  return text;
}

/// Only here is the certificate at hand when it is refused.
int look_at_certificate(int is_well, X509_STORE_CTX* store) {
  const int error = X509_STORE_CTX_get_error(store);
  if (error != X509_V_ERR_HOSTNAME_MISMATCH && error != X509_V_ERR_IP_ADDRESS_MISMATCH) return is_well;
  const void* ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
  auto* names = static_cast<std::string*>(SSL_get_app_data(static_cast<const SSL*>(ssl)));
  if (names != nullptr) *names = names_of(X509_STORE_CTX_get0_cert(store));
  return is_well;
}

}  // namespace

Result<TlsContext> make_tls_context(const std::string& ca_file) {
  ERR_clear_error();
  TlsContext context(SSL_CTX_new(TLS_client_method()));
  if (!context) return operator_needed("TLS could not be set up: " + take_ssl_error());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, look_at_certificate);
  SSL_CTX_set_default_verify_paths(context.get());
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Gateways that serve several protocols at one port choose by this.
  constexpr std::string_view http_1_1 = "\x08http/1.1";
  SSL_CTX_set_alpn_protos(context.get(), reinterpret_cast<const unsigned char*>(http_1_1.data()),
                          static_cast<unsigned>(http_1_1.size()));
  // One receive for several TLS records instead of two for each.
  SSL_CTX_set_read_ahead(context.get(), 1);
  SSL_CTX_set_default_read_buffer_len(context.get(), 64 * 1024);
  if (!ca_file.empty() && SSL_CTX_load_verify_locations(context.get(), ca_file.c_str(), nullptr) != 1) {
    return operator_needed("the certificates of ca_file '" + ca_file + "' could not be read (" + take_ssl_error() +
                           "); give a file of PEM certificates");
  }
  ERR_clear_error();
  return context;
}

Io Transport::fail(std::string why) {
  error_ = std::move(why);
  return Io::failed;
}

Io Transport::connect(const Address& address) {
  close();
  fd_ = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return fail(std::string("cannot create a socket: ") + std::strerror(errno));
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0) return Io::done;
  if (errno == EINPROGRESS) return Io::want_write;
  return fail(std::strerror(errno));
}

Io Transport::finish_connect() {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error != 0) return fail(std::strerror(error));
  sockaddr_storage peer{};
  socklen_t peer_size = sizeof peer;
  if (::getpeername(fd_, reinterpret_cast<sockaddr*>(&peer), &peer_size) == 0) return Io::done;
  return errno == ENOTCONN ? Io::want_write : fail(std::strerror(errno));
}

Io Transport::tls_handshake(SSL_CTX* context, const Endpoint& endpoint) {
  if (!ssl_) {
    ssl_.reset(SSL_new(context));
    BIO* bio = ssl_ ? new_socket_bio(fd_) : nullptr;
    if (bio == nullptr) return fail("TLS could not be set up: " + take_ssl_error());
    SSL_set_bio(ssl_.get(), bio, bio);
    const std::string name = endpoint.server_name();
    const char* host = name.c_str();
    const bool named = endpoint.host_is_address
                           ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), host) == 1
                           : SSL_set_tlsext_host_name(ssl_.get(), host) == 1 && SSL_set1_host(ssl_.get(), host) == 1;
    if (!named) return fail("TLS refuses the host name: " + take_ssl_error());
    SSL_set_app_data(ssl_.get(), &certificate_names_);
    SSL_set_connect_state(ssl_.get());
  }
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) return Io::done;
  const Io io = secured(result, "the TLS handshake failed: ");
  if (io == Io::failed && SSL_get_verify_result(ssl_.get()) != X509_V_OK) error_ = certificate_problem();
  return io;
}

std::string Transport::certificate_problem() const {
  const long why = SSL_get_verify_result(ssl_.get());
  std::string sentence =
      std::string("the server's certificate is not to be trusted: ") + X509_verify_cert_error_string(why);
  switch (why) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return certificate_names_.empty() ? sentence : sentence + "; it is for " + certificate_names_;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
      return sentence + "; if you trust its issuer, give that as ca_file";
    case X509_V_ERR_CERT_NOT_YET_VALID:
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return sentence + "; is this machine's clock right?";
    default:
      return sentence;
  }
}

Io Transport::read(uint8_t* to, uint64_t room, uint64_t& got) {
  got = 0;
  if (!ssl_) {
    const ssize_t result = ::recv(fd_, to, room, MSG_DONTWAIT);
    drained_ = result < 0 || static_cast<uint64_t>(result) < room;
    if (result == 0) return Io::ended;
    if (result > 0) got = static_cast<uint64_t>(result);
    const Io io = plain(result);
    return io == Io::want_write ? Io::want_read : io;
  }
  drained_ = false;
  // A TLS record holds at most 16 KiB: several are there when the server is busy.
  while (got < room) {
    ERR_clear_error();
    const int result = SSL_read(ssl_.get(), to + got, bounded(room - got));
    if (result <= 0) {
      const Io io = secured(result, "TLS failed: ");
      drained_ = io == Io::want_read;
      // What came before an end or an error is data still; the next call meets the end again.
      return got > 0 ? Io::done : io;
    }
    got += static_cast<uint64_t>(result);
  }
  return Io::done;
}

Io Transport::write(const uint8_t* from, uint64_t size, uint64_t& sent) {
  sent = 0;
  if (!ssl_) {
    const ssize_t result = ::send(fd_, from, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (result > 0) sent = static_cast<uint64_t>(result);
    return plain(result);
  }
  ERR_clear_error();
  const int result = SSL_write(ssl_.get(), from, bounded(size));
  if (result <= 0) return secured(result, "TLS failed: ");
  sent = static_cast<uint64_t>(result);
  return Io::done;
}

Io Transport::write_rest(std::string_view text, uint64_t& sent) {
  while (sent < text.size()) {
    uint64_t went_out = 0;
    const Io io = write(reinterpret_cast<const uint8_t*>(text.data()) + sent, text.size() - sent, went_out);
    if (io != Io::done) return io;
    sent += went_out;
  }
  return Io::done;
}

Io Transport::plain(ssize_t result) {
  if (result >= 0) return Io::done;
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return Io::want_write;
  return fail(std::strerror(errno));
}

Io Transport::secured(int result, const char* doing) {
  const int system_error = errno;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Io::want_read;
    case SSL_ERROR_WANT_WRITE:
      return Io::want_write;
    case SSL_ERROR_ZERO_RETURN:
      return Io::ended;
    case SSL_ERROR_SYSCALL:
      ERR_clear_error();
      return fail(system_error != 0 ? std::strerror(system_error) : "the TLS stream was truncated");
    default:
      break;
  }
  if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    ERR_clear_error();
    return fail("the TLS stream was truncated: TCP ended without TLS's farewell");
  }
  tls_failed_ = true;
  return fail(doing + take_ssl_error());
}

void Transport::close() {
  if (ssl_ && SSL_is_init_finished(ssl_.get())) {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }
  ssl_.reset();
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  tls_failed_ = false;
}

}  // namespace sluice::net
