// SPDX-License-Identifier: Apache-2.0
// A server's websocket frames as byte strings, right ones and wrong ones, for tests.
#pragma once
#include <cstdint>
#include <string>

namespace sluice::net::test {

constexpr uint8_t last_bit = 0x80;

inline std::string raw_frame(uint8_t first_byte, const std::string& payload, uint8_t mask_bit = 0) {
  std::string out(1, static_cast<char>(first_byte));
  const size_t size = payload.size();
  const auto length = [&](int bytes) {
    for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(size >> (8 * i));
  };
  if (size < 126) {
    out += static_cast<char>(mask_bit | size);
  } else if (size < 65536) {
    out += static_cast<char>(mask_bit | 126);
    length(2);
  } else {
    out += static_cast<char>(mask_bit | 127);
    length(8);
  }
  return out + payload;
}

inline std::string text_frame(const std::string& payload) { return raw_frame(last_bit | 1, payload); }
inline std::string ping_frame(const std::string& payload) { return raw_frame(last_bit | 9, payload); }
inline std::string close_frame(uint16_t code, const std::string& reason) {
  return raw_frame(last_bit | 8, std::string{static_cast<char>(code >> 8), static_cast<char>(code)} + reason);
}

}  // namespace sluice::net::test
