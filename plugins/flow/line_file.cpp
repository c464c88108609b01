// SPDX-License-Identifier: Apache-2.0
#include "line_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "errno_text.hpp"

namespace sluice::flow {

LineFile::~LineFile() { close(); }

void LineFile::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

Error LineFile::failure(const char* what, int number) const {
  return operator_needed(std::string("cannot ") + what + " " + path_ + ": " + errno_text(number), errno_name(number));
}

Result<void> LineFile::open() {
  close();
  Result<void> opened = open_locked();
  if (!opened) close();
  return opened;
}

Result<void> LineFile::open_locked() {
  // O_NONBLOCK: a pipe without a reader would hold the open for ever; it means nothing for files.
  descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644);
  if (descriptor_ < 0) return failure("open", errno);
  struct stat info {};
  if (::fstat(descriptor_, &info) != 0) return failure("look at", errno);
  is_regular_ = S_ISREG(info.st_mode);
  if (!is_regular_ && !S_ISCHR(info.st_mode))
    return operator_needed("cannot write lines to " + path_ + ": it is no file; give the path of a file");
  if (!is_regular_) return {};
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0)
    return operator_needed(
        "cannot write to " + path_ + ": another node or process does already; give each its own file", "EWOULDBLOCK");
  size_ = static_cast<uint64_t>(info.st_size);
  char last = '\n';
  if (size_ > 0 && ::pread(descriptor_, &last, 1, info.st_size - 1) != 1) return failure("read the end of", errno);
  if (last != '\n') return append("\n");
  if (size_ == 0 && fsync_ != Fsync::never) sync_directory();
  return {};
}

Result<void> LineFile::append(std::string_view text) {
  if (descriptor_ < 0) {
    Result<void> opened = open();
    if (!opened) return opened;
  }
  Result<void> done = cut_back();
  if (done) done = write_all(text);
  if (done && fsync_ == Fsync::batch) done = sync();
  if (!done) {
    // After a failed fsync the kernel may have dropped the pages, so the text is written anew as well.
    has_loose_end_ = is_regular_;
    Result<void> ignored = cut_back();
    static_cast<void>(ignored);
    return done;
  }
  size_ += text.size();
  written_ = 0;
  return {};
}

Result<void> LineFile::write_all(std::string_view text) {
  size_t done = written_;
  while (done < text.size()) {
    const ssize_t wrote = ::write(descriptor_, text.data() + done, text.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return failure("write to", errno);
    done += static_cast<size_t>(wrote);
    if (!is_regular_) written_ = done;
  }
  return {};
}

Result<void> LineFile::cut_back() {
  if (!has_loose_end_) return {};
  if (::ftruncate(descriptor_, static_cast<off_t>(size_)) != 0) return failure("cut a half-written line off", errno);
  has_loose_end_ = false;
  return {};
}

Result<void> LineFile::sync() {
  if (descriptor_ < 0 || !is_regular_) return {};
  if (::fdatasync(descriptor_) != 0) return failure("fsync", errno);
  return {};
}

Result<void> LineFile::move(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) == 0 || errno == ENOENT) return {};
  return failure(("rename " + from + " to " + to + " while rotating").c_str(), errno);
}

Result<void> LineFile::rotate(int64_t keep) {
  if (!is_regular_) return {};
  if (descriptor_ >= 0) {
    Result<void> done = cut_back();
    if (done && fsync_ != Fsync::never) done = sync();
    const std::string dot = path_ + ".";
    for (int64_t i = keep - 1; done && i >= 1; --i) done = move(dot + std::to_string(i), dot + std::to_string(i + 1));
    if (done) done = move(path_, dot + "1");
    if (!done) return done;
    close();
  }
  return open();
}

void LineFile::sync_directory() const {
  const size_t slash = path_.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : slash == 0 ? "/" : path_.substr(0, slash);
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  // Some file systems cannot; the file's own fsync still counts.
  static_cast<void>(::fsync(descriptor));
  ::close(descriptor);
}

}  // namespace sluice::flow
