// SPDX-License-Identifier: Apache-2.0
// Websocket framing (RFC 6455), the sending half of a client: the control frames that a client which only listens
// sends, masked as the protocol demands. Appends to bytes; sends nothing.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

namespace sluice::net {

/// `payload` of at most 125 bytes, copied.
void append_pong(std::vector<uint8_t>& to, const uint8_t* payload, uint8_t size, uint32_t mask);

/// The reason is cut at 123 bytes.
void append_close(std::vector<uint8_t>& to, uint16_t code, std::string_view reason, uint32_t mask);

}  // namespace sluice::net
