// SPDX-License-Identifier: Apache-2.0
// One TCP connection, with TLS over it or plain; nothing here ever blocks. A read or write says whether it did
// something, must wait, met an orderly end, or failed, and then why in words. With TLS the peer's certificate and host
// name are always checked, and an end without TLS's own farewell is told apart from an orderly one.
#pragma once
#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <string>

#include "sluice/net/resolver.hpp"
#include "sluice/net/url.hpp"

namespace sluice::net {

struct SslDeleter {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using TlsContext = std::unique_ptr<SSL_CTX, SslDeleter>;

/// Trusts the system's authorities and, when it is not empty, those of `ca_file`.
Result<TlsContext> make_tls_context(const std::string& ca_file);

enum class Io { done, want_read, want_write, ended, failed };

class Transport {
 public:
  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  ~Transport() { close(); }

  /// Begins to connect; `done` is not yet connected: wait until writable, then finish_connect.
  Io connect(const Address& address);
  Io finish_connect();
  /// Before the first read or write; call again while it wants something.
  Io tls_handshake(SSL_CTX* context, const Endpoint& endpoint);

  Io read(uint8_t* to, uint64_t room, uint64_t& got);
  /// Of the last read: it left nothing behind, so waiting for the socket before the next one is right.
  bool drained() const { return drained_; }
  Io write(const uint8_t* from, uint64_t size, uint64_t& sent);
  /// What of the text follows its first `sent` bytes; adds to `sent` what went out. Done: all of it has.
  Io write_rest(std::string_view text, uint64_t& sent);
  /// With TLS says farewell if that is possible at once.
  void close();

  int fd() const { return fd_; }
  /// Of the last `failed`.
  const std::string& error() const { return error_; }
  /// The last `failed` was of TLS itself: certificates, versions, a broken record.
  bool tls_failed() const { return tls_failed_; }

 private:
  Io plain(ssize_t result);
  Io secured(int result, const char* doing);
  Io fail(std::string why);
  std::string certificate_problem() const;

  int fd_ = -1;
  std::unique_ptr<SSL, SslDeleter> ssl_;
  std::string error_;
  std::string certificate_names_;  ///< of a certificate of others: whose it is
  bool tls_failed_ = false;
  bool drained_ = false;
};

}  // namespace sluice::net
