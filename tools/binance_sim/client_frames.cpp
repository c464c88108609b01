// SPDX-License-Identifier: Apache-2.0
#include "client_frames.hpp"

namespace sluice::sim {

bool ClientFrames::feed(std::string_view bytes, std::vector<ClientMessage>& messages) {
  pending_.append(bytes);
  for (bool taken = true; taken;)
    if (!take_frame(messages, taken)) return false;
  return true;
}

bool ClientFrames::take_frame(std::vector<ClientMessage>& messages, bool& taken) {
  taken = false;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(pending_[i]); };
  const auto refuse = [&](unsigned code) {
    error_code_ = code;
    return false;
  };
  if (pending_.size() < 2) return true;
  const bool last = (byte(0) & 0x80) != 0;
  const unsigned opcode = byte(0) & 0x0f;
  if ((byte(0) & 0x70) != 0 || (byte(1) & 0x80) == 0) return refuse(1002);
  std::size_t size = byte(1) & 0x7f;
  std::size_t header = 2;
  const bool control = opcode >= 8;
  if (control && (!last || size > 125)) return refuse(1002);
  if (size >= 126) {
    const std::size_t length_bytes = size == 126 ? 2 : 8;
    header += length_bytes;
    if (pending_.size() < header) return true;
    size = 0;
    for (std::size_t i = 0; i < length_bytes; ++i) size = (size << 8) | byte(2 + i);
  }
  if (size > longest_message || joined_.size() + size > longest_message) return refuse(1009);
  if (pending_.size() < header + 4 + size) return true;
  std::string payload = pending_.substr(header + 4, size);
  for (std::size_t i = 0; i < size; ++i) payload[i] = static_cast<char>(payload[i] ^ pending_[header + (i & 3)]);
  pending_.erase(0, header + 4 + size);
  taken = true;

  if (control) {
    if (opcode > 10) return refuse(1002);
    messages.push_back({static_cast<Opcode>(opcode), std::move(payload)});
    return true;
  }
  if (opcode > 2 || (opcode == 0) != joining_) return refuse(1002);
  if (opcode != 0) joined_opcode_ = static_cast<Opcode>(opcode);
  joined_ += payload;
  joining_ = !last;
  if (last) {
    messages.push_back({joined_opcode_, std::move(joined_)});
    joined_.clear();
  }
  return true;
}

}  // namespace sluice::sim
