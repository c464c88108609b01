// SPDX-License-Identifier: Apache-2.0
// Who holds the right to write a database, asked of the kernel by the locks that SQLite's file format lays down,
// without taking one. Opens and closes the files beside SQLite's back, which ends this process's own locks on them:
// only for a moment in which no connection of this process is open on the file.
#pragma once
#include <sys/types.h>

#include <optional>
#include <string>

namespace sluice::sqlite {

/// The process that writes, or holds a transaction that may; nothing: nobody. 0 or less: one that has no number here.
std::optional<pid_t> write_lock_holder(const std::string& path);

}  // namespace sluice::sqlite
