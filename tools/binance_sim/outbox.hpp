// SPDX-License-Identifier: Apache-2.0
// The bytes one connection is writing, and where in them each market frame ends.
// One buffer, filled, written whole, then filled again; frames are told off exactly when their last byte was taken.
// Owns no socket and decides nothing.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace sluice::sim {

class Outbox {
 public:
  Outbox() : bytes_(1 << 16) {}

  void clear() {
    size_ = written_ = next_mark_ = 0;
    marks_.clear();
  }
  std::size_t size() const { return size_; }
  bool all_written() const { return written_ == size_; }
  const char* unwritten() const { return bytes_.data() + written_; }
  std::size_t unwritten_size() const { return size_ - written_; }

  void append(std::string_view text) {
    std::memcpy(reserve(text.size()), text.data(), text.size());
    size_ += text.size();
  }
  // Room for so many bytes, at the end; commit_frame() says how far it was used.
  char* reserve(std::size_t bytes) {
    if (bytes_.size() - size_ < bytes) bytes_.resize((size_ + bytes) * 2);
    return bytes_.data() + size_;
  }
  void commit_frame(const char* end, std::uint64_t position) {
    size_ = static_cast<std::size_t>(end - bytes_.data());
    marks_.push_back({size_, position});
  }
  std::string_view tail(std::size_t from) const { return {bytes_.data() + from, size_ - from}; }
  // The frame committed last, which began at `from`, in another form.
  void replace_last_frame(std::size_t from, std::string_view frame) {
    size_ = from;
    append(frame);
    marks_.back().end = size_;
  }

  template <typename Visit>
  void wrote(std::size_t bytes, Visit frame_done) {
    written_ += bytes;
    for (; next_mark_ < marks_.size() && marks_[next_mark_].end <= written_; ++next_mark_)
      frame_done(marks_[next_mark_].position);
  }

 private:
  struct Mark {
    std::size_t end;
    std::uint64_t position;
  };
  std::vector<char> bytes_;
  std::vector<Mark> marks_;
  std::size_t size_ = 0, written_ = 0, next_mark_ = 0;
};

}  // namespace sluice::sim
