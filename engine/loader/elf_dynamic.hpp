// SPDX-License-Identifier: Apache-2.0
// Checks the part of a shared object that the system's loader trusts without looking: segments, the dynamic table, and
// the symbol, string, relocation and version tables it points to. A damaged file that passes can still hold damaged
// code; one whose tables are damaged is refused here instead of crashing the process in dlopen.
#pragma once
#include <filesystem>
#include <vector>

#include "sluice/result.hpp"

namespace sluice::engine {

/// `bytes` must have passed read_shared_object.
Result<void> check_dynamic_tables(const std::filesystem::path& path, const std::vector<unsigned char>& bytes);

}  // namespace sluice::engine
