// SPDX-License-Identifier: Apache-2.0
// The strict check of one plugin file, for `sluice plugins check` and for builds: everything that loading checks, the
// rule that a plugin exports one symbol and no other, and a trial in a child process first, so that a plugin which
// crashes or hangs when it is loaded, or when the program ends, becomes a sentence too.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "loader/plugin.hpp"

namespace sluice::engine {

struct PluginCheck {
  std::unique_ptr<Plugin> plugin;     // when it could be loaded
  std::vector<std::string> problems;  // none: the plugin is fit for use
};

/// Forks: call it before any thread was started.
PluginCheck check_plugin(const std::filesystem::path& path);

}  // namespace sluice::engine
