// SPDX-License-Identifier: Apache-2.0
// Reads a small file that a user named (a graph, a secret, a certificate) and never waits for long: a device or a
// directory is refused at once, a pipe is given up when nothing comes from it for two seconds, and of an endless file
// only the beginning is read. The error is the reason alone, in words that fit behind "cannot read PATH: ". Never
// throws but for want of memory.
#pragma once
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

#include "sluice/result.hpp"

namespace sluice {
inline namespace v1 {

/// The first `most_bytes` of a file or a pipe, or all of it; ask for one more than you take to see that it is too
/// large.
inline Result<std::string> read_small_file(const std::string& path, size_t most_bytes) {
  const auto failed = [](int number) { return operator_needed(std::generic_category().message(number)); };
  if (path.find('\0') != std::string::npos) return operator_needed("its name holds a NUL byte");
  const int file = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (file < 0) {
    if (errno == ENXIO) return operator_needed("it is a socket, not a regular file");
    return failed(errno);
  }
  struct Closer {
    int file;
    ~Closer() { ::close(file); }
  } const closer{file};
  struct stat facts {};
  if (::fstat(file, &facts) != 0) return failed(errno);
  if (S_ISDIR(facts.st_mode)) return operator_needed("it is a directory");
  const bool is_pipe = S_ISFIFO(facts.st_mode);
  if (!is_pipe && !S_ISREG(facts.st_mode)) return operator_needed("it is a device, not a regular file");
  std::string text;
  constexpr size_t piece = 64 * 1024;
  while (text.size() < most_bytes) {
    // Without a poll, a pipe that no writer has opened yet reads as an empty file.
    pollfd waiting{file, POLLIN, 0};
    constexpr int patience_ms = 2000;
    if (is_pipe && ::poll(&waiting, 1, patience_ms) == 0) {
      return operator_needed("it is a pipe, and nothing comes from it");
    }
    const size_t before = text.size();
    text.resize(before + std::min(piece, most_bytes - before));
    const ssize_t got = ::read(file, text.data() + before, text.size() - before);
    text.resize(before + static_cast<size_t>(got > 0 ? got : 0));
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return failed(errno);
    if (got == 0) break;
  }
  return text;
}

}  // namespace v1
}  // namespace sluice
