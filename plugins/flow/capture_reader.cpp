// SPDX-License-Identifier: Apache-2.0
#include "capture_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "errno_text.hpp"

namespace sluice::flow {
namespace {
constexpr size_t chunk_bytes = 256 * 1024;
constexpr size_t longest_line_bytes = 64 * 1024 * 1024;
}  // namespace

Result<std::unique_ptr<CaptureReader>> CaptureReader::open(Context context, std::string path) {
  errno = 0;
  gzFile file = gzopen(path.c_str(), "rbe");
  if (file == nullptr) {
    const int number = errno == 0 ? ENOMEM : errno;
    return operator_needed("cannot open the capture " + path + ": " + errno_text(number) + "; check `path`",
                           errno_name(number));
  }
  gzbuffer(file, chunk_bytes);
  return std::make_unique<CaptureReader>(context, std::move(path), file);
}

Result<std::optional<std::string_view>> CaptureReader::peek() {
  while (!has_line_) {
    const uint8_t* from = end_ > begin_ ? buffer_.data() + begin_ : nullptr;
    const auto* newline =
        static_cast<const uint8_t*>(from == nullptr ? nullptr : std::memchr(from, '\n', end_ - begin_));
    if (newline != nullptr || is_at_end_) {
      if (newline == nullptr && begin_ == end_) return std::optional<std::string_view>{};
      line_end_ = newline != nullptr ? static_cast<size_t>(newline - buffer_.data()) : end_;
      has_line_ = true;
      break;
    }
    Result<void> filled = refill();
    if (!filled) return std::move(filled).error();
  }
  const size_t carriage = line_end_ > begin_ && buffer_.data()[line_end_ - 1] == '\r' ? 1 : 0;
  return std::optional<std::string_view>(
      {reinterpret_cast<const char*>(buffer_.data()) + begin_, line_end_ - carriage - begin_});
}

void CaptureReader::pop() {
  begin_ = std::min(line_end_ + 1, end_);
  has_line_ = false;
  ++line_number_;
}

Result<void> CaptureReader::refill() {
  const size_t tail = end_ - begin_;
  if (tail >= longest_line_bytes)
    return operator_needed("the capture " + place() + ", is longer than 64 MiB; is this a capture?");
  const Buffer next = context_.new_buffer(std::max(chunk_bytes, tail * 2));
  if (tail > 0) std::memcpy(next.data(), buffer_.data() + begin_, tail);
  size_t filled = tail;
  while (filled < next.capacity() && !is_at_end_) {
    const int got = gzread(file_, next.data() + filled, static_cast<unsigned>(next.capacity() - filled));
    if (got > 0) filled += static_cast<size_t>(got);
    int code = Z_OK;
    const char* text = gzerror(file_, &code);
    if (code != Z_OK && code != Z_STREAM_END) {
      const std::string why = code == Z_ERRNO ? errno_text(errno) : code == Z_BUF_ERROR ? "it ends too early" : text;
      return operator_needed("cannot read the capture on from " + place() + ": " + why + "; is the file whole?");
    }
    is_at_end_ = got == 0;
  }
  buffer_ = next;
  begin_ = 0;
  end_ = filled;
  return {};
}

Result<void> CaptureReader::rewind() {
  if (gzrewind(file_) != 0) return operator_needed("cannot go back to the beginning of the capture " + path_);
  buffer_ = Buffer();
  begin_ = line_end_ = end_ = 0;
  has_line_ = is_at_end_ = false;
  line_number_ = 1;
  return {};
}

}  // namespace sluice::flow
