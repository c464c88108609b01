// SPDX-License-Identifier: Apache-2.0
// Where ${VAR} and ${file:/path} get their values from: the process, or two maps in a test.
// Nothing is read before it is asked for, and file contents are taken as secrets by whoever asks.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "parsed.hpp"

namespace sluice::engine {

struct Environment {
  std::function<std::optional<std::string>(const std::string& name)> variable;
  // Contents without the last line end.
  std::function<Parsed<std::string>(const std::string& path)> file;
};

Environment process_environment();
Environment fixed_environment(std::map<std::string, std::string> variables,
                              std::map<std::string, std::string> files = {});

}  // namespace sluice::engine
