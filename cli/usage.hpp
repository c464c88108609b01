// SPDX-License-Identifier: Apache-2.0
// What a command line that was not understood was probably meant to be: a command by its nearest name, an option on
// the side of the command where it belongs. Only text; never prints.
#pragma once
#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace sluice::cli {

/// A sentence with its line end, or empty when there is nothing better to say than the parser does.
std::string usage_hint(const CLI::App& app, const std::vector<std::string>& words);

}  // namespace sluice::cli
