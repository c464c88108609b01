// SPDX-License-Identifier: Apache-2.0
// The HTTP request that turns a connection into a websocket, and the check of its answer. Offers no extension and no
// subprotocol, so an answer that agrees to one is an error. Works on text; sends and reads nothing.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/net/http_head.hpp"
#include "sluice/net/loss.hpp"
#include "sluice/net/route.hpp"

namespace sluice::net {

/// 16 bytes in base64, from two random numbers.
std::string make_websocket_key(uint64_t random_1, uint64_t random_2);
/// What a server must answer to that key.
std::string websocket_accept(std::string_view key);

std::string upgrade_request(const Endpoint& endpoint, std::string_view target, std::string_view key);

struct UpgradeAnswer {
  enum class State { incomplete, accepted, refused } state = State::incomplete;
  uint64_t head_bytes = 0;   ///< of an accepted one: frames may stand behind it
  Loss loss;                 ///< of a refused one
  std::string brief;         ///< of a refused one, for a list of several: HTTP 503 Service Unavailable
  int status = 0;            ///< of a refused one that is HTTP
  bool more_to_say = false;  ///< refused, and the reason that comes behind the head is not whole yet
};

/// `received` is all that came so far.
UpgradeAnswer read_upgrade_answer(std::string_view received, std::string_view key, int64_t now_ns,
                                  StatusAdvice advice = nullptr);

}  // namespace sluice::net
