// SPDX-License-Identifier: Apache-2.0
// A typed configuration as YAML text for people: what a node really runs with, defaults included. Secrets show as ***.
// For reading, not for loading again.
#pragma once
#include <string>

#include "options/typed_config.hpp"

namespace sluice::engine {

/// One option a line, `indent` spaces before each; a value that was not written in the file is followed by "# default".
std::string config_text(const TypedConfig& config, unsigned indent = 0);

}  // namespace sluice::engine
