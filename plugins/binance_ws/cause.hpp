// SPDX-License-Identifier: Apache-2.0
// Why a connection was not had or was lost: the names that counters carry. Every cause leads to the same thing, another
// connection; they are told apart for people.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/net/loss.hpp"

namespace sluice::binance {

enum class Cause : uint8_t {
  unreachable,
  tls,
  refused,
  closed,
  cut,
  silent,
  no_data,
  protocol,
  too_big,
  backpressure,
  proxy,
  stalled,
};
constexpr uint64_t cause_count = 12;

struct CauseName {
  std::string_view name;
  std::string_view help;
};

constexpr std::array<CauseName, cause_count> cause_names{{
    {"unreachable", "the name did not resolve or no address answered in time"},
    {"tls", "the TLS handshake failed or the certificate is not to be trusted"},
    {"refused", "the exchange answered the upgrade with another HTTP status, or not as a websocket"},
    {"closed", "the exchange sent a close frame"},
    {"cut", "TCP or TLS ended without a close frame"},
    {"silent", "no byte came within read_deadline"},
    {"no_data", "no event of the streams came within data_deadline, although the connection lived"},
    {"protocol", "a frame broke the websocket protocol"},
    {"too_big", "a message was larger than max_frame"},
    {"backpressure", "reading had stopped for stop_reading_limit, as there was no room downstream"},
    {"proxy", "the proxy could not be reached or did not open a tunnel"},
    {"stalled", "a stream brought nothing, although the REST interface has newer events of it"},
}};

constexpr const CauseName& describe(Cause cause) { return cause_names[static_cast<uint64_t>(cause)]; }

/// What ended an attempt or a connection.
struct Loss {
  Cause cause = Cause::unreachable;
  std::string sentence;
  int64_t retry_after_ns = 0;  ///< the exchange asks for at least this wait; 0: it does not
};

constexpr Cause cause_of(net::Cause cause) {
  switch (cause) {
    case net::Cause::proxy:
      return Cause::proxy;
    case net::Cause::tls:
      return Cause::tls;
    case net::Cause::refused:
      return Cause::refused;
    case net::Cause::silent:
      return Cause::silent;
    case net::Cause::cut:
      return Cause::cut;
    case net::Cause::protocol:
      return Cause::protocol;
    case net::Cause::too_big:
      return Cause::too_big;
    case net::Cause::unreachable:
    case net::Cause::cancelled:
      break;
  }
  return Cause::unreachable;
}
inline Loss loss_of(const net::Loss& loss) { return {cause_of(loss.cause), loss.sentence, loss.retry_after_ns}; }

}  // namespace sluice::binance
