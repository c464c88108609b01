// SPDX-License-Identifier: Apache-2.0
// Websocket framing (RFC 6455), the receiving half of a client, over bytes that the caller has read. Walks frame
// headers in place and lists whole messages as views, so a message costs no copy unless it came in fragments; pings
// and the close frame are found in the same walk, ahead of any look into the data. Where the bytes are cut never
// matters. Does no input or output, allocates nothing per frame, and looks into no payload.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace sluice::net {

struct Message {
  const uint8_t* data;  ///< into the bytes given to scan, or into the reader when assembled
  uint32_t size;
  bool text;       ///< false: a binary message
  bool assembled;  ///< came in fragments; has at least 64 readable bytes behind it, as the reader's memory has
};

struct Ping {
  uint8_t size;
  uint8_t payload[125];
};

enum class StreamEnd {
  none,
  closed,          ///< a close frame came; close_code 1005 when it carried none
  protocol_error,  ///< answer 1002
  too_big          ///< answer 1009
};

class FrameReader {
 public:
  explicit FrameReader(uint64_t max_message_bytes) : max_message_bytes_(max_message_bytes) {}

  /// Walks the whole frames at the beginning of `bytes` and says how many bytes they are. What is left is to be given
  /// again, with more behind it. After the end of the stream nothing more is taken.
  uint64_t scan(const uint8_t* bytes, uint64_t size);

  /// Bytes that have come of a message whose fragments go on.
  uint64_t partial_bytes() const { return in_fragments_ ? partial_.size() : 0; }

  /// Bytes, header included, that the frame at the end of the last scan needs to be whole; 0: its header is not.
  uint64_t needed() const { return needed_; }

  /// Since the last clear. Views are good until the scanned bytes go or clear is called.
  const std::vector<Message>& messages() const { return messages_; }
  const std::vector<Ping>& pings() const { return pings_; }
  void clear_messages();
  void clear_pings() { pings_.clear(); }

  StreamEnd end() const { return end_; }
  uint16_t close_code() const { return close_code_; }
  /// The close frame's reason, or what was wrong.
  const std::string& why() const { return why_; }

 private:
  struct Header;
  bool control(const Header& header, const uint8_t* payload);
  bool check(const Header& header);
  void fragment(const Header& header, const uint8_t* payload);
  // Once a stream: kept out of the loop over frames.
  [[gnu::cold, gnu::noinline]] bool fail(StreamEnd end, std::string_view why);
  [[gnu::cold, gnu::noinline]] bool close(const uint8_t* payload, uint64_t size);

  uint64_t max_message_bytes_;
  uint64_t needed_ = 0;
  std::vector<Message> messages_;
  std::vector<Ping> pings_;
  std::vector<std::unique_ptr<uint8_t[]>> assembled_;
  std::vector<uint8_t> partial_;
  bool in_fragments_ = false;
  bool fragments_are_text_ = false;
  StreamEnd end_ = StreamEnd::none;
  uint16_t close_code_ = 0;
  std::string why_;
};

}  // namespace sluice::net
