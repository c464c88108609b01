// SPDX-License-Identifier: Apache-2.0
#include "write_lock.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace sluice::sqlite {
namespace {

// https://www.sqlite.org/walformat.html, "WAL-Index locks", and https://www.sqlite.org/fileformat2.html, "lock-byte
// page".
constexpr off_t wal_write_lock = 120;
constexpr off_t pending_and_reserved = 0x4000'0000;

std::optional<pid_t> holder(const std::string& file, off_t first, off_t count) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  // Asked as a reader would: other readers are in nobody's way.
  struct flock lock {};
  lock.l_type = F_RDLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = first;
  lock.l_len = count;
  const bool is_known = ::fcntl(fd, F_GETLK, &lock) == 0;
  ::close(fd);
  if (!is_known || lock.l_type == F_UNLCK) return std::nullopt;
  return lock.l_pid;
}

}  // namespace

std::optional<pid_t> write_lock_holder(const std::string& path) {
  if (const auto found = holder(path + "-shm", wal_write_lock, 1)) return found;
  return holder(path, pending_and_reserved, 2);
}

}  // namespace sluice::sqlite
