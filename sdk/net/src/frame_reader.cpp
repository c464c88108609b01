// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/frame_reader.hpp"

#include <algorithm>
#include <cstring>

namespace sluice::net {
namespace {

constexpr uint8_t continuation = 0x0, text = 0x1, binary = 0x2, close_frame = 0x8, ping = 0x9, pong = 0xA;
constexpr uint64_t padding_bytes = 64;

uint64_t big_endian(const uint8_t* bytes, int count) {
  uint64_t value = 0;
  for (int i = 0; i < count; ++i) value = value << 8 | bytes[i];
  return value;
}

/// RFC 6455, 7.4, with what was registered since: codes for peers, not for what is only said of a connection (1005,
/// 1006, 1015), nor those that nobody has given a meaning.
bool may_be_sent(uint16_t code) {
  if (code >= 3000) return code < 5000;
  return code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
}

}  // namespace

struct FrameReader::Header {
  uint8_t opcode;
  bool last;
  uint64_t payload_bytes;
};

uint64_t FrameReader::scan(const uint8_t* bytes, uint64_t size) {
  uint64_t at = 0;
  needed_ = 0;
  while (end_ == StreamEnd::none && size - at >= 2) {
    const uint8_t* frame = bytes + at;
    Header header{static_cast<uint8_t>(frame[0] & 0x0f), (frame[0] & 0x80) != 0, frame[1]};
    if ((frame[0] & 0x70) != 0) {
      fail(StreamEnd::protocol_error, "a frame has a reserved bit set, which no extension was agreed for");
      break;
    }
    if ((frame[1] & 0x80) != 0) {
      fail(StreamEnd::protocol_error, "a frame is masked, which only a client may do");
      break;
    }
    uint64_t header_bytes = 2;
    if (header.payload_bytes >= 126) {
      const int length_bytes = header.payload_bytes == 126 ? 2 : 8;
      header_bytes += static_cast<uint64_t>(length_bytes);
      if (header.opcode >= close_frame) {
        fail(StreamEnd::protocol_error, "a control frame is longer than 125 bytes");
        break;
      }
      if (size - at < header_bytes) break;
      header.payload_bytes = big_endian(frame + 2, length_bytes);
      if (header.payload_bytes < (length_bytes == 2 ? 126u : 65536u)) {
        fail(StreamEnd::protocol_error, "a frame's length is not written in its shortest form");
        break;
      }
    }
    if (!check(header)) break;
    if (size - at - header_bytes < header.payload_bytes) {
      needed_ = header_bytes + header.payload_bytes;
      break;
    }
    const uint8_t* payload = frame + header_bytes;
    at += header_bytes + header.payload_bytes;
    if (header.opcode >= close_frame) {
      if (!control(header, payload)) break;
    } else if (header.opcode != continuation && header.last) {
      messages_.push_back({payload, static_cast<uint32_t>(header.payload_bytes), header.opcode == text, false});
    } else {
      fragment(header, payload);
    }
  }
  return at;
}

bool FrameReader::check(const Header& header) {
  switch (header.opcode) {
    case continuation:
      if (!in_fragments_) return fail(StreamEnd::protocol_error, "a continuation frame continues nothing");
      break;
    case text:
    case binary:
      if (in_fragments_) return fail(StreamEnd::protocol_error, "a message begins within the fragments of another");
      break;
    case close_frame:
    case ping:
    case pong:
      if (!header.last) return fail(StreamEnd::protocol_error, "a control frame is fragmented");
      return true;
    default:
      return fail(StreamEnd::protocol_error, "a frame has an opcode that does not exist");
  }
  const uint64_t before = in_fragments_ ? partial_.size() : 0;
  if (header.payload_bytes > max_message_bytes_ - before) {
    return fail(StreamEnd::too_big, "a message is larger than max_frame");
  }
  return true;
}

bool FrameReader::control(const Header& header, const uint8_t* payload) {
  if (header.opcode == ping) {
    Ping& to = pings_.emplace_back();
    to.size = static_cast<uint8_t>(header.payload_bytes);
    std::memcpy(to.payload, payload, header.payload_bytes);
  } else if (header.opcode == close_frame) {
    return close(payload, header.payload_bytes);
  }
  return true;
}

bool FrameReader::close(const uint8_t* payload, uint64_t size) {
  if (size == 1) return fail(StreamEnd::protocol_error, "a close frame holds half a code");
  if (size == 0) {
    close_code_ = 1005;
  } else {
    const auto code = static_cast<uint16_t>(big_endian(payload, 2));
    std::string reason(reinterpret_cast<const char*>(payload) + 2, size - 2);
    if (!may_be_sent(code)) {
      return fail(StreamEnd::protocol_error, "a close frame has the code " + std::to_string(code) +
                                                 ", which may not be sent" +
                                                 (reason.empty() ? "" : " (its reason is '" + reason + "')"));
    }
    close_code_ = code;
    why_ = std::move(reason);
  }
  end_ = StreamEnd::closed;
  return false;
}

void FrameReader::fragment(const Header& header, const uint8_t* payload) {
  if (!in_fragments_) {
    in_fragments_ = true;
    fragments_are_text_ = header.opcode == text;
    partial_.clear();
  }
  partial_.insert(partial_.end(), payload, payload + header.payload_bytes);
  if (!header.last) return;
  auto whole = std::make_unique<uint8_t[]>(partial_.size() + padding_bytes);
  std::copy(partial_.begin(), partial_.end(), whole.get());
  messages_.push_back({whole.get(), static_cast<uint32_t>(partial_.size()), fragments_are_text_, true});
  assembled_.push_back(std::move(whole));
  in_fragments_ = false;
  partial_ = {};
}

bool FrameReader::fail(StreamEnd end, std::string_view why) {
  end_ = end;
  why_ = why;
  return false;
}

void FrameReader::clear_messages() {
  messages_.clear();
  assembled_.clear();
}

}  // namespace sluice::net
