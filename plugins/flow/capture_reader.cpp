// SPDX-License-Identifier: Apache-2.0
#include "capture_reader.hpp"

#include <algorithm>
#include <cstring>

namespace sluice::flow {
namespace {
constexpr size_t chunk_bytes = 256 * 1024;
constexpr size_t longest_line_bytes = 64 * 1024 * 1024;
}  // namespace

Result<std::unique_ptr<CaptureReader>> CaptureReader::open(Context context, std::string path) {
  auto input = CaptureInput::open(path);
  if (!input) return std::move(input).error();
  return std::make_unique<CaptureReader>(context, std::move(path), std::move(*input));
}

Result<CaptureReader::Look> CaptureReader::peek() {
  while (!has_line_) {
    const void* newline = searched_ == end_ ? nullptr : std::memchr(buffer_.data() + searched_, '\n', end_ - searched_);
    searched_ = end_;
    if (newline != nullptr || input_->has_ended()) {
      if (newline == nullptr && begin_ == end_) return Look::end;
      line_end_ =
          newline != nullptr ? static_cast<size_t>(static_cast<const uint8_t*>(newline) - buffer_.data()) : end_;
      has_line_ = true;
      break;
    }
    const Result<bool> has_more = refill();
    if (!has_more) return has_more.error();
    if (!*has_more && !input_->has_ended()) return Look::nothing_yet;
  }
  return Look::line;
}

std::string_view CaptureReader::line() const {
  const size_t carriage = line_end_ > begin_ && buffer_.data()[line_end_ - 1] == '\r' ? 1 : 0;
  return {reinterpret_cast<const char*>(buffer_.data()) + begin_, line_end_ - carriage - begin_};
}

void CaptureReader::pop() {
  begin_ = searched_ = std::min(line_end_ + 1, end_);
  has_line_ = false;
  ++line_number_;
}

/// False: nothing came.
Result<bool> CaptureReader::refill() {
  if (!input_->is_file()) return refill_from_pipe();
  const size_t tail = end_ - begin_;
  if (tail >= longest_line_bytes) return too_long();
  const Buffer next = context_.new_buffer(std::max(chunk_bytes, tail * 2));
  if (tail > 0) std::memcpy(next.data(), buffer_.data() + begin_, tail);
  const Result<size_t> got = read(next.data() + tail, next.capacity() - tail);
  if (!got) return got.error();
  show(next, tail + *got);
  searched_ = tail;
  return *got > 0;
}

/// Whole lines go into a buffer of their size: records hold their buffer, and those of a slow writer come one by one.
Result<bool> CaptureReader::refill_from_pipe() {
  if (piece_size_ == piece_.size()) {
    if (piece_size_ >= longest_line_bytes) return too_long();
    piece_.resize(std::max(chunk_bytes, piece_size_ * 2));
  }
  const Result<size_t> got = read(piece_.data() + piece_size_, piece_.size() - piece_size_);
  if (!got) return got.error();
  const void* newline = memrchr(piece_.data() + piece_size_, '\n', *got);
  piece_size_ += *got;
  size_t whole = newline == nullptr ? 0 : static_cast<size_t>(static_cast<const uint8_t*>(newline) - piece_.data()) + 1;
  if (input_->has_ended()) whole = piece_size_;
  if (whole > 0) {
    const Buffer next = context_.new_buffer(whole);
    std::memcpy(next.data(), piece_.data(), whole);
    piece_size_ -= whole;
    std::memmove(piece_.data(), piece_.data() + whole, piece_size_);
    show(next, whole);
  }
  return *got > 0;
}

void CaptureReader::show(const Buffer& buffer, size_t size) {
  buffer_ = buffer;
  begin_ = searched_ = 0;
  end_ = size;
}

Error CaptureReader::too_long() const {
  return operator_needed("the capture " + place() + ", is longer than 64 MiB; is this a capture?");
}

/// As much as there is, so that a file fills its buffer.
Result<size_t> CaptureReader::read(uint8_t* to, size_t size) {
  size_t filled = 0;
  while (filled < size && !input_->has_ended()) {
    const Result<size_t> got = input_->read(to + filled, size - filled);
    if (!got) {
      return operator_needed("cannot read the capture on from " + place() + ": " + got.error().message +
                             "; is the file whole?");
    }
    if (*got == 0) break;
    filled += *got;
  }
  return filled;
}

Result<void> CaptureReader::rewind() {
  Result<void> rewound = input_->rewind();
  if (!rewound)
    return operator_needed("cannot go back to the beginning of the capture " + path_ + ": " + rewound.error().message);
  buffer_ = Buffer();
  begin_ = line_end_ = searched_ = end_ = piece_size_ = 0;
  has_line_ = false;
  line_number_ = 1;
  return {};
}

}  // namespace sluice::flow
