// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/read_buffer.hpp"

#include <algorithm>
#include <cstring>

namespace sluice::net {

void ReadBuffer::make_room(uint64_t whole_bytes) {
  const uint64_t tail = end_ - begin_;
  const uint64_t wanted = std::max(whole_bytes, tail + least_room);
  if (buffer_) {
    // Beyond the frozen bytes the tail stays where it is; within, it is carried to where they end.
    const uint64_t start = end_ >= frozen_end_ ? begin_ : frozen_end_;
    if (start + wanted <= buffer_.capacity()) {
      if (start != begin_) std::memmove(buffer_.data() + start, buffer_.data() + begin_, tail);
      begin_ = start;
      end_ = start + tail;
      return;
    }
    if (frozen_end_ == 0 && wanted <= buffer_.capacity()) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, tail);
      begin_ = 0;
      end_ = tail;
      return;
    }
  }
  Buffer fresh = context_.new_buffer(std::max(usual_bytes, wanted));
  if (tail != 0) std::memcpy(fresh.data(), buffer_.data() + begin_, tail);
  buffer_ = std::move(fresh);
  begin_ = 0;
  end_ = tail;
  frozen_end_ = 0;
}

void ReadBuffer::freeze(const uint8_t* end) {
  frozen_end_ = std::max(frozen_end_, static_cast<uint64_t>(end - buffer_.data()) + padding_bytes);
}

}  // namespace sluice::net
