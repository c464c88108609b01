// SPDX-License-Identifier: Apache-2.0
// Decides from a plugin's file alone whether it may be loaded: a sound shared object for this machine that exports the
// entry symbol of an accepted version. Nothing of the file runs: no constructor, no relocation.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "sluice/result.hpp"

namespace sluice::engine {

/// The versions of the binary contract that this engine takes, both inclusive.
inline constexpr unsigned min_abi_major = 1;
inline constexpr unsigned max_abi_major = SLUICE_ABI_MAJOR;

struct PluginLook {
  unsigned abi_major = 0;
  std::string entry_symbol;
  std::vector<std::string> other_exports;  // a plugin should have none
};

/// The error is a sentence that begins with the path.
Result<PluginLook> look_at_plugin(const std::filesystem::path& path);

/// "version 1", or "versions 1 to 3".
std::string accepted_abi_text();

}  // namespace sluice::engine
