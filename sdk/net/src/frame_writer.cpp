// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/frame_writer.hpp"

#include <algorithm>

namespace sluice::net {
namespace {

void append_control(std::vector<uint8_t>& to, uint8_t opcode, const uint8_t* payload, uint8_t size, uint32_t mask) {
  const uint8_t key[4] = {static_cast<uint8_t>(mask >> 24), static_cast<uint8_t>(mask >> 16),
                          static_cast<uint8_t>(mask >> 8), static_cast<uint8_t>(mask)};
  to.push_back(0x80 | opcode);
  to.push_back(0x80 | size);
  to.insert(to.end(), key, key + 4);
  for (uint8_t i = 0; i < size; ++i) to.push_back(payload[i] ^ key[i % 4]);
}

}  // namespace

void append_pong(std::vector<uint8_t>& to, const uint8_t* payload, uint8_t size, uint32_t mask) {
  append_control(to, 0xA, payload, size, mask);
}

void append_close(std::vector<uint8_t>& to, uint16_t code, std::string_view reason, uint32_t mask) {
  uint8_t payload[125] = {static_cast<uint8_t>(code >> 8), static_cast<uint8_t>(code)};
  const size_t size = std::min<size_t>(reason.size(), 123);
  std::copy_n(reason.begin(), size, payload + 2);
  append_control(to, 0x8, payload, static_cast<uint8_t>(size + 2), mask);
}

}  // namespace sluice::net
