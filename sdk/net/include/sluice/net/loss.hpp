// SPDX-License-Identifier: Apache-2.0
// Why a connection was not made, or an exchange over it failed: the kinds that owners count apart, each with a sentence
// for people.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::net {

enum class Cause : uint8_t {
  unreachable,  ///< the name did not resolve, or no address answered in time
  proxy,        ///< the proxy could not be reached, or did not open a tunnel
  tls,          ///< the TLS handshake failed, or the certificate is not to be trusted
  refused,      ///< the server answered with something else than what was asked for
  silent,       ///< the server was reached and did not answer in time
  cut,          ///< the connection ended before its time
  protocol,     ///< what came is not HTTP
  too_big,      ///< the answer is larger than its limit
  cancelled,    ///< by the owner
};

/// For codes of errors: `unreachable`, `too_big`.
std::string_view name_of(Cause cause);

struct Loss {
  Cause cause = Cause::unreachable;
  std::string sentence;
  int64_t retry_after_ns = 0;  ///< the server asks for at least this wait; 0: it does not
};

}  // namespace sluice::net
