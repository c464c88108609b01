// SPDX-License-Identifier: Apache-2.0
// What it means that the system refuses a thread, memory or an open file, as an error for a person: it names the limits
// to look at. To be called inside a catch block. Pure.
#pragma once
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <system_error>

#include "sluice/result.hpp"

namespace sluice {
inline namespace v1 {

/// The error behind the exception that is being handled, when that is a limit of the system; else nothing.
inline std::optional<Error> current_resource_limit() {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return operator_needed(
        "the system gives this process no more memory; look at MemoryMax of its unit, its container's limit and "
        "`ulimit -v`",
        "ENOMEM");
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::too_many_files_open) {
      return operator_needed(
          "the system gives this process no more open files; look at LimitNOFILE of its unit and `ulimit -n`",
          "EMFILE");
    }
    if (error.code() != std::errc::resource_unavailable_try_again && error.code() != std::errc::not_enough_memory) {
      return std::nullopt;
    }
    return operator_needed(
        "the system gives this process no more threads (" + std::string(error.what()) +
            "); look at TasksMax of its unit, its container's limit on processes, `ulimit -u` and `ulimit -v`",
        "EAGAIN");
  } catch (...) {
    return std::nullopt;
  }
}

}  // namespace v1
}  // namespace sluice
