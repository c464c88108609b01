// SPDX-License-Identifier: Apache-2.0
// Looks at a file as a shared object without loading it: magic, class, byte order, machine, type, and whether every
// table that the headers announce lies inside of the file, so that whoever reads those tables next cannot run past the
// end. Reads the headers only; never maps the file, never runs anything of it, never throws. What the system's loader
// trusts behind the headers is not checked: plugin_check tries that in a child process.
#pragma once
#include <filesystem>
#include <string>

#include "sluice/result.hpp"

namespace sluice::engine {

/// The error is a sentence that begins with the path.
Result<void> check_shared_object(const std::filesystem::path& path);

/// "x86-64", "ARM" or "machine number 42".
std::string machine_text(unsigned machine);

}  // namespace sluice::engine
