// SPDX-License-Identifier: Apache-2.0
// Which plugin's code runs while it is loaded and asked what its nodes are: so that a program can say, when it crashes
// there, whose file it is. One thread at a time; not kept while a graph runs.
#pragma once
#include <atomic>
#include <filesystem>

namespace sluice::engine {

/// The path; null: none. Readable in a signal handler.
inline std::atomic<const char*> entered_plugin{nullptr};

class EnteredPlugin {
 public:
  /// `path` must stay as long as this.
  explicit EnteredPlugin(const std::filesystem::path& path) : before_(entered_plugin.exchange(path.c_str())) {}
  EnteredPlugin(const EnteredPlugin&) = delete;
  EnteredPlugin& operator=(const EnteredPlugin&) = delete;
  ~EnteredPlugin() { entered_plugin.store(before_); }

 private:
  const char* before_;
};

}  // namespace sluice::engine
