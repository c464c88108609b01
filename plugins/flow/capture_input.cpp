// SPDX-License-Identifier: Apache-2.0
#include "capture_input.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "errno_text.hpp"

namespace sluice::flow {
namespace {
constexpr size_t raw_bytes = 256 * 1024;
constexpr int gzip_only = 15 + 16;
constexpr uint8_t gzip_magic[] = {0x1f, 0x8b};

Error no_capture(const std::string& path, int number) {
  return operator_needed("cannot open the capture " + path + ": " + errno_text(number) + "; check `path`",
                         errno_name(number));
}
}  // namespace

Result<std::unique_ptr<CaptureInput>> CaptureInput::open(const std::string& path) {
  // O_NONBLOCK: a pipe without a writer would hold the open for ever; it means nothing for files.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (descriptor < 0) return no_capture(path, errno);
  struct stat info {};
  const bool is_known = ::fstat(descriptor, &info) == 0;
  const int number = is_known ? EISDIR : errno;
  auto input = std::make_unique<CaptureInput>(descriptor, is_known && (S_ISREG(info.st_mode) || S_ISBLK(info.st_mode)));
  if (!is_known || S_ISDIR(info.st_mode)) return no_capture(path, number);
  return input;
}

CaptureInput::CaptureInput(int descriptor, bool is_file)
    : descriptor_(descriptor), is_file_(is_file), raw_(raw_bytes) {}

CaptureInput::~CaptureInput() {
  if (has_gzip_) inflateEnd(&gzip_);
  ::close(descriptor_);
}

Result<size_t> CaptureInput::read(uint8_t* to, size_t size) {
  while (!has_ended_) {
    if (form_ == Form::unknown || form_ == Form::trailer) {
      const Result<Got> got = recognise();
      if (!got) return got.error();
      if (*got == Got::nothing) return size_t{0};
      continue;
    }
    Result<size_t> made = form_ == Form::plain ? read_plain(to, size) : inflate(to, size);
    // The end of one gzip member may be followed by another one.
    if (!made || *made > 0 || form_ != Form::trailer) return made;
  }
  return size_t{0};
}

Result<CaptureInput::Got> CaptureInput::receive(uint8_t* to, size_t size, size_t& got) {
  got = 0;
  // Only a poll tells a pipe that no writer has opened yet from one that its last writer has closed.
  pollfd waiting{descriptor_, POLLIN, 0};
  if (!is_file_ && ::poll(&waiting, 1, 0) <= 0) return Got::nothing;
  ssize_t count = 0;
  do {
    count = ::read(descriptor_, to, size);
  } while (count < 0 && errno == EINTR);
  if (count < 0 && errno == EAGAIN) return Got::nothing;
  if (count < 0) return operator_needed(errno_text(errno), errno_name(errno));
  got = static_cast<size_t>(count);
  return got == 0 ? Got::end : Got::bytes;
}

Result<CaptureInput::Got> CaptureInput::refill() {
  std::memmove(raw_.data(), raw_.data() + raw_begin_, raw_end_ - raw_begin_);
  raw_end_ -= raw_begin_;
  raw_begin_ = 0;
  size_t count = 0;
  Result<Got> got = receive(raw_.data() + raw_end_, raw_.size() - raw_end_, count);
  raw_end_ += count;
  return got;
}

/// Whether what begins here is gzip: at the beginning of all, and behind each member.
Result<CaptureInput::Got> CaptureInput::recognise() {
  while (raw_end_ - raw_begin_ < sizeof gzip_magic) {
    Result<Got> got = refill();
    if (!got || *got == Got::nothing) return got;
    if (*got == Got::end) break;
  }
  const bool is_gzip = raw_end_ - raw_begin_ >= sizeof gzip_magic &&
                       std::memcmp(raw_.data() + raw_begin_, gzip_magic, sizeof gzip_magic) == 0;
  if (!is_gzip) {
    // Behind gzip, what is not gzip is padding.
    has_ended_ = form_ == Form::trailer;
    form_ = Form::plain;
    return Got::bytes;
  }
  const int code = has_gzip_ ? inflateReset(&gzip_) : inflateInit2(&gzip_, gzip_only);
  if (code != Z_OK) return operator_needed("zlib has no memory for it");
  has_gzip_ = true;
  form_ = Form::gzip;
  return Got::bytes;
}

Result<size_t> CaptureInput::read_plain(uint8_t* to, size_t size) {
  size_t count = std::min(size, raw_end_ - raw_begin_);
  if (count > 0) {
    std::memcpy(to, raw_.data() + raw_begin_, count);
    raw_begin_ += count;
    return count;
  }
  const Result<Got> got = receive(to, size, count);
  if (!got) return got.error();
  has_ended_ = *got == Got::end;
  return count;
}

Result<size_t> CaptureInput::inflate(uint8_t* to, size_t size) {
  while (true) {
    gzip_.next_in = raw_.data() + raw_begin_;
    gzip_.avail_in = static_cast<uInt>(raw_end_ - raw_begin_);
    gzip_.next_out = to;
    gzip_.avail_out = static_cast<uInt>(size);
    const int code = ::inflate(&gzip_, Z_NO_FLUSH);
    raw_begin_ = raw_end_ - gzip_.avail_in;
    const size_t made = size - gzip_.avail_out;
    if (code == Z_STREAM_END) form_ = Form::trailer;
    if (code == Z_STREAM_END || made > 0) return made;
    if (code != Z_OK && code != Z_BUF_ERROR)
      return operator_needed(gzip_.msg != nullptr ? gzip_.msg : "the gzip data is damaged");
    const Result<Got> got = refill();
    if (!got) return got.error();
    if (*got == Got::nothing) return size_t{0};
    if (*got == Got::end) return operator_needed("it ends too early");
  }
}

Result<void> CaptureInput::rewind() {
  if (::lseek(descriptor_, 0, SEEK_SET) != 0) return operator_needed(errno_text(errno), errno_name(errno));
  form_ = Form::unknown;
  has_ended_ = false;
  raw_begin_ = raw_end_ = 0;
  return {};
}

}  // namespace sluice::flow
