// SPDX-License-Identifier: Apache-2.0
// Bytes that are written once a statement and reused from statement to statement: grows by doubling, keeps what was
// written when it grows, and allocates nothing once it is warm.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

namespace sluice::timescale {

class Bytes {
 public:
  /// Memory that a rare large statement needed is given back.
  void clear() {
    size_ = 0;
    if (capacity_ <= kept_bytes) return;
    data_.reset();
    capacity_ = 0;
  }
  /// At least `room` bytes behind what is there; advance_to tells how many were used.
  uint8_t* grow(size_t room) {
    if (capacity_ - size_ < room) enlarge(room);
    return data_.get() + size_;
  }
  void advance_to(const uint8_t* end) { size_ = static_cast<size_t>(end - data_.get()); }
  uint8_t* data() const { return data_.get(); }
  size_t size() const { return size_; }
  std::span<const uint8_t> span() const { return {data_.get(), size_}; }

 private:
  static constexpr size_t kept_bytes = size_t{2} << 20;
  void enlarge(size_t room) {
    const size_t larger = std::max<size_t>({capacity_ * 2, size_ + room, 4096});
    std::unique_ptr<uint8_t[]> grown(new uint8_t[larger]);
    if (size_ > 0) std::memcpy(grown.get(), data_.get(), size_);
    data_ = std::move(grown);
    capacity_ = larger;
  }

  std::unique_ptr<uint8_t[]> data_;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace sluice::timescale
