// SPDX-License-Identifier: Apache-2.0
// HTTP of a run: serves the address that the graph gives its process, if it gives one, and says in the log where. It
// begins before any node opens, so that readiness can be asked while a server is still away, and ends after the last
// one has closed.
#pragma once
#include <atomic>
#include <memory>

#include "live_display.hpp"
#include "observe/observer.hpp"
#include "runtime/graph_runtime.hpp"

namespace sluice::cli {

class Http {
 public:
  /// Serves the plan's address; the runtime and the display must outlive this.
  Result<void> serve(const engine::GraphRuntime& runtime, LiveDisplay& display);
  /// Every node is open and the stages turn.
  void has_started() { has_started_.store(true, std::memory_order_release); }
  /// Logs changes of readiness.
  void say(LiveDisplay& display);

 private:
  std::atomic<bool> has_started_{false};
  std::unique_ptr<engine::Observer> observer_;
};

}  // namespace sluice::cli
