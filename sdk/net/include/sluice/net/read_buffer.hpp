// SPDX-License-Identifier: Apache-2.0
// Memory that the socket is read into and that records view. One buffer serves many reads while room remains. Bytes
// that a record views are frozen, and with them the 64 behind, which whoever parses the record may read: new bytes
// never land there; an unfinished tail that does is carried past them or into a new buffer. Never copies what is whole.
#pragma once
#include <cstdint>

#include "sluice/context.hpp"

namespace sluice::net {

class ReadBuffer {
 public:
  static constexpr uint64_t usual_bytes = 64 * 1024;
  static constexpr uint64_t least_room = 16 * 1024;
  static constexpr uint64_t padding_bytes = 64;

  explicit ReadBuffer(Context context) : context_(context) {}

  /// Makes room behind the unread bytes: at least least_room, and enough for `whole_bytes` counted from the first
  /// unread one. Views into the unread bytes are void afterwards.
  void make_room(uint64_t whole_bytes);
  uint8_t* room() const { return buffer_.data() + end_; }
  uint64_t room_bytes() const { return buffer_ ? buffer_.capacity() - end_ : 0; }
  void filled(uint64_t bytes) { end_ += bytes; }

  const uint8_t* unread() const { return buffer_.data() + begin_; }
  uint64_t unread_bytes() const { return end_ - begin_; }
  void consume(uint64_t bytes) { begin_ += bytes; }
  /// Forgets the unread bytes; what is frozen stays so.
  void discard_unread() { begin_ = end_; }

  /// A record views bytes up to `end`.
  void freeze(const uint8_t* end);
  const Buffer& buffer() const { return buffer_; }

 private:
  Context context_;
  Buffer buffer_;
  uint64_t begin_ = 0;
  uint64_t end_ = 0;
  uint64_t frozen_end_ = 0;
};

}  // namespace sluice::net
