// SPDX-License-Identifier: Apache-2.0
// A short visit to the exchange with the parts that the source runs on: connects once, listens until every stream has
// been heard or the time is over, and leaves with a close frame. Blocks its thread for the limits given, a second more
// at most. Keeps nothing of what it hears, sends nothing but pongs and the close frame.
#pragma once
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "cause.hpp"
#include "options.hpp"
#include "sluice/net/transport.hpp"

namespace sluice::binance {

struct VisitLimits {
  int64_t connect_ns = 0;
  int64_t listen_ns = 0;
};

struct Heard {
  int64_t listen_ns = 0;            ///< the limit that was given
  std::vector<std::string> silent;  ///< streams of which nothing came, in their order
  uint64_t events = 0;
  uint64_t malformed = 0;
  std::string why_malformed;  ///< of the first: a sentence's middle
  std::string meant;          ///< a stream that was asked for
  std::string unknown;        ///< of which messages come under a name that differs in case only; safe to show
  std::string answer;         ///< the first reply or error of the exchange, safe to show
  std::optional<Loss> loss;   ///< the connection ended before the time was over
};

/// A Loss: there was no connection. An Error: this process lacks what a connection needs.
Result<std::variant<Loss, Heard>> visit(const Options& options, SSL_CTX* tls, const VisitLimits& limits);

}  // namespace sluice::binance
