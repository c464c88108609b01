// SPDX-License-Identifier: Apache-2.0
// A full disk for tests: while it lives, no file of this process grows beyond the given size (EFBIG instead of ENOSPC,
// after a short write of what still fits). Puts the old limit back; needs no rights and no file system of its own.
#pragma once
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

namespace sluice::flow {

class FileLimit {
 public:
  explicit FileLimit(rlim_t bytes) {
    old_action_ = std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &old_);
    rlimit limited = old_;
    limited.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limited);
  }
  ~FileLimit() {
    setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_action_);
  }
  FileLimit(const FileLimit&) = delete;
  FileLimit& operator=(const FileLimit&) = delete;

 private:
  rlimit old_{};
  void (*old_action_)(int) = nullptr;
};

}  // namespace sluice::flow
