// SPDX-License-Identifier: Apache-2.0
// What happened in a test, line by line in its order, from any thread; a thread may wait for a line.
#pragma once
#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/graph_runtime.hpp"
#include "signal.hpp"

namespace sluice::testing {

using Lines = std::vector<std::string>;

class Story {
 public:
  void add(std::string line) {
    {
      const std::lock_guard lock(mutex_);
      lines_.push_back(std::move(line));
    }
    signal_.notify();
  }
  Lines lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  bool has(const std::string& line) const {
    const Lines all = lines();
    return std::find(all.begin(), all.end(), line) != all.end();
  }
  /// Not an assertion of the test's: Catch takes those from one thread at a time.
  void await(const std::string& line) {
    if (!signal_.wait([&] { return has(line); })) std::abort();
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;  ///< guarded by mutex_
  Signal signal_;
};

/// The log of a run goes there, each line behind the name of its node.
inline engine::RuntimeOptions logging_to(Story& log) {
  engine::RuntimeOptions options;
  options.log = [&log](uint32_t, const std::string& node, std::string_view sentence) {
    log.add(node + ": " + std::string(sentence));
  };
  return options;
}

}  // namespace sluice::testing
