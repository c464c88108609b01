// SPDX-License-Identifier: Apache-2.0
#include "receipt_output.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <filesystem>

#include "observe/receipt.hpp"

namespace sluice::cli {
namespace {

constexpr const char* remedy = "give --receipt a file in an existing directory that you may write to";

Error refused(const std::string& file, const std::string& why) {
  return operator_needed(fmt::format("--receipt {}: {}; {}", file, why, remedy));
}

/// All of it, or why not: "No space left on device".
Result<void> write_all(int fd, std::string_view text, int patience_ms) {
  while (!text.empty()) {
    pollfd waiting{fd, POLLOUT, 0};
    const int ready = poll(&waiting, 1, patience_ms);
    if (ready == 0) return transient("its reader does not read");
    if (ready < 0 && errno != EINTR) return transient(std::strerror(errno));
    if (ready < 0) continue;
    // A pipe that is ready takes this much without blocking, and files do not block.
    const ssize_t written = ::write(fd, text.data(), std::min<size_t>(text.size(), PIPE_BUF));
    if (written < 0 && errno != EINTR && errno != EAGAIN) return transient(std::strerror(errno));
    if (written > 0) text.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<ReceiptOutput>> ReceiptOutput::prepare(const std::string& file) {
  int pipe = -1;
  struct stat facts {};
  if (file.empty()) {
  } else if (stat(file.c_str(), &facts) == 0) {
    if (S_ISDIR(facts.st_mode)) return refused(file, "it is a directory");
    // Of a pipe without a reader this fails instead of waiting for one.
    const int fd = open(file.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return refused(file, errno == ENXIO ? "it is a pipe without a reader" : std::strerror(errno));
    if (S_ISFIFO(facts.st_mode)) {
      pipe = fd;
    } else {
      close(fd);
    }
  } else if (errno != ENOENT) {
    return refused(file, std::strerror(errno));
  } else {
    const std::string directory = std::filesystem::path(file).parent_path().string();
    const char* const where = directory.empty() ? "." : directory.c_str();
    if (faccessat(AT_FDCWD, where, W_OK | X_OK, AT_EACCESS) != 0) {
      return refused(file, fmt::format("directory {}: {}", where, std::strerror(errno)));
    }
  }
  return std::unique_ptr<ReceiptOutput>(new ReceiptOutput(file, pipe));
}

ReceiptOutput::~ReceiptOutput() {
  if (pipe_ >= 0) close(pipe_);
}

Result<void> ReceiptOutput::write_file(const std::string& json, int patience_ms) const {
  if (pipe_ >= 0) return write_all(pipe_, json, patience_ms);
  const int fd = open(file_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_CLOEXEC, 0666);
  if (fd < 0) return transient(std::strerror(errno));
  Result<void> done = write_all(fd, json, patience_ms);
  if (close(fd) != 0 && done) return transient(std::strerror(errno));
  return done;
}

ReceiptOutput::Written ReceiptOutput::write(const engine::Report& report, int patience_ms) {
  if (is_written_.exchange(true)) return Written::before;
  Written written = Written::whole;
  const auto fail = [&](const std::string& sentence) {
    written = Written::in_part;
    (void)write_all(STDERR_FILENO, sentence, patience_ms);
  };
  if (!file_.empty()) {
    if (const Result<void> done = write_file(engine::receipt_json(report), patience_ms); !done) {
      fail(fmt::format("{}: the receipt could not be written there: {}; it follows on standard output\n", file_,
                       done.error().message));
    }
  }
  const std::string text = engine::receipt_text(report);
  if (const Result<void> done = write_all(STDOUT_FILENO, text, patience_ms); !done) {
    fail(fmt::format("the receipt could not be written to standard output: {}; here it is\n{}", done.error().message,
                     text));
  }
  return written;
}

}  // namespace sluice::cli
