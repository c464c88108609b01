// SPDX-License-Identifier: Apache-2.0
#include "line_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

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
    return operator_needed("cannot write lines to " + path_ + ": it is not a regular file; give the path of a file");
  if (!is_regular_) return {};
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0)
    return operator_needed(
        "cannot write to " + path_ + ": another node or process writes to it; give each its own file", "EWOULDBLOCK");
  loose_ = 0;
  size_ = static_cast<uint64_t>(info.st_size);
  if (size_ == 0 && fsync_ != Fsync::never) sync_directory();
  return end_last_line();
}

/// What a process left behind that died, or an editor.
Result<void> LineFile::end_last_line() {
  char last = '\n';
  if (size_ > 0 && ::pread(descriptor_, &last, 1, static_cast<off_t>(size_) - 1) < 0)
    return failure("read the end of", errno);
  if (last == '\n') return {};
  Result<void> ended = write_all("\n");
  if (!ended) return ended;
  loose_ = 0;
  ++size_;
  return {};
}

Result<LineFile::Change> LineFile::follow() {
  if (descriptor_ < 0) return reopen();
  if (!is_regular_) return Change{};
  struct stat held {};
  struct stat named {};
  if (::fstat(descriptor_, &held) != 0) return failure("look at", errno);
  if (::stat(path_.c_str(), &named) != 0 || named.st_dev != held.st_dev || named.st_ino != held.st_ino) {
    const bool is_deleted = held.st_nlink == 0;
    // A file that is left is synced no more; what is deleted need not be.
    Result<void> synced = is_deleted || fsync_ == Fsync::never ? Result<void>() : sync();
    if (!synced) return std::move(synced).error();
    left_ = {is_deleted, path_ + (is_deleted ? " was deleted" : " was renamed or replaced") +
                             " by another program, at " + std::to_string(size_) + " bytes"};
    return reopen();
  }
  const auto size = static_cast<uint64_t>(held.st_size);
  if (loose_ > 0 || size == size_) return Change{};
  Change change;
  if (size < size_)
    change = {true, path_ + " was truncated by another program, from " + std::to_string(size_) + " to " +
                        std::to_string(size) +
                        " bytes, and is written on from there; lines that the other program "
                        "did not copy before are lost (logrotate's create loses none)"};
  const uint64_t before = std::exchange(size_, size);
  Result<void> ended = end_last_line();
  if (ended) return change;
  size_ = before;  // so that the next call looks again
  return std::move(ended).error();
}

Result<LineFile::Change> LineFile::reopen() {
  Result<void> opened = open();
  if (!opened) return std::move(opened).error();
  if (!left_.sentence.empty()) left_.sentence += "; opened it again at " + std::to_string(size_) + " bytes";
  return std::exchange(left_, {});
}

Result<bool> LineFile::append(std::string_view text) {
  if (descriptor_ < 0) {
    Result<void> opened = open();
    if (!opened) return std::move(opened).error();
  }
  Result<void> done = cut_back();
  if (done) done = write_all(text);
  if (done && fsync_ == Fsync::batch) done = sync();
  Result<bool> is_there = done ? is_still_there(text.size()) : Result<bool>(std::move(done).error());
  if (!is_there) {
    // After a failed fsync the kernel may have dropped the pages, so the text is written anew as well.
    Result<void> ignored = cut_back();
    static_cast<void>(ignored);
    return is_there;
  }
  if (*is_there) size_ += text.size();
  loose_ = 0;
  written_ = 0;
  return is_there;
}

/// Looked at behind the write: a look before it says nothing of what happened in between.
Result<bool> LineFile::is_still_there(size_t text_size) const {
  if (!is_regular_) return true;
  struct stat info {};
  if (::fstat(descriptor_, &info) != 0) return failure("look at", errno);
  const auto size = static_cast<uint64_t>(info.st_size);
  // As large as the text alone: somebody cut the file to nothing before the text came.
  return info.st_nlink > 0 && (size >= size_ + text_size || size == text_size);
}

Result<void> LineFile::write_all(std::string_view text) {
  size_t done = written_;
  while (done < text.size()) {
    const ssize_t wrote = ::write(descriptor_, text.data() + done, text.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return failure("write to", errno);
    done += static_cast<size_t>(wrote);
    (is_regular_ ? loose_ : written_) += static_cast<size_t>(wrote);
  }
  return {};
}

Result<void> LineFile::cut_back() {
  if (loose_ == 0) return {};
  struct stat info {};
  if (::fstat(descriptor_, &info) != 0) return failure("look at", errno);
  // Somebody may have cut the file before these bytes came; to "cut" it to more would fill it with zeros.
  const auto size = static_cast<uint64_t>(info.st_size);
  size_ = size == loose_ ? 0 : std::min(size_, size);
  if (::ftruncate(descriptor_, static_cast<off_t>(size_)) != 0) return failure("cut a half-written line off", errno);
  loose_ = 0;
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
