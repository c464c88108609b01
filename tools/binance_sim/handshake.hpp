// SPDX-License-Identifier: Apache-2.0
// The HTTP requests of a client: the one that opens a websocket, and its answers, and those to REST.
// Offers no extension and no subprotocol, as the exchange's streams do without them.
// The only place that knows Beast; works on text, never on a socket.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace sluice::sim {

inline constexpr std::size_t longest_request_head = 16 * 1024;

struct Request {
  bool is_upgrade = false;  // a complete websocket upgrade of version 13
  std::string method, target;
  std::string key;
  std::string time_unit;  // X-MBX-TIME-UNIT
  bool keep_alive = false;
  bool has_body = false;
};

// `head` ends with the empty line. Nothing when it is no HTTP.
std::optional<Request> parse_request(std::string_view head);

std::string upgrade_response(std::string_view key);
std::string refusal_response(unsigned status, std::string_view sentence);
std::string_view status_reason(unsigned status);

}  // namespace sluice::sim
