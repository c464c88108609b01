// SPDX-License-Identifier: Apache-2.0
// OpenSSL's view of a socket that the caller owns. OpenSSL's own socket BIO writes with write(), which kills the
// process by SIGPIPE when the peer is gone; this one never raises a signal. Does not close the socket.
#pragma once
#include <openssl/bio.h>

namespace sluice::net {

/// Null when OpenSSL has no memory. `fd` must outlive it.
BIO* new_socket_bio(int fd);

}  // namespace sluice::net
