// SPDX-License-Identifier: Apache-2.0
// What a plugin has of a node for the life of the process: its context, with its metrics. A plugin's thread may be late
// and call after the graph has gone, so contexts and metrics are never freed: some hundred bytes for each node that was
// ever opened. The node behind a context is there only inside the context's gate, which the graph closes as the last
// thing it does.
#pragma once
#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/clock.hpp"
#include "sluice/abi.h"

struct sluice_metric {
  std::string name;
  std::string help;
  uint32_t kind = SLUICE_COUNTER;
  std::atomic<int64_t> value{0};
};

namespace sluice::engine {

class NodeRuntime;

/// Lets calls from any thread in until it is closed. Entering and leaving never wait.
class Gate {
 public:
  bool enter() {
    if ((state_.fetch_add(1, std::memory_order_acquire) & closed) == 0) return true;
    leave();
    return false;
  }
  void leave() {
    if (state_.fetch_sub(1, std::memory_order_release) == (closed | 1)) state_.notify_all();
  }
  /// Returns when nobody is inside. Once.
  void close() {
    state_.fetch_or(closed, std::memory_order_acq_rel);
    for (;;) {
      const uint32_t state = state_.load(std::memory_order_acquire);
      if (state == closed) return;
      state_.wait(state, std::memory_order_acquire);
    }
  }

 private:
  static constexpr uint32_t closed = uint32_t{1} << 31;
  std::atomic<uint32_t> state_{0};  ///< how many are inside, and whether it is closed
};

}  // namespace sluice::engine

struct sluice_context {
  sluice_context(sluice::engine::NodeRuntime& of_node, const sluice::engine::Clock& the_clock, uint32_t attributes,
                 bool of_sink)
      : node(of_node), clock(the_clock), attribute_count(attributes), is_sink(of_sink) {}
  sluice_context(const sluice_context&) = delete;
  /// Made for the life of the process.
  static sluice_context& make(sluice::engine::NodeRuntime& node, const sluice::engine::Clock& clock,
                              uint32_t attribute_count, bool is_sink);

  sluice::engine::NodeRuntime& node;  ///< only inside the gate, or where the graph is known to be there
  const sluice::engine::Clock& clock;
  const uint32_t attribute_count;
  const bool is_sink;
  sluice::engine::Gate gate;

  // Any thread.
  sluice_metric* metric(uint32_t kind, std::string name, std::string help);
  struct MetricValue {
    std::string name;
    std::string help;
    uint32_t kind;
    int64_t value;
  };
  std::vector<MetricValue> metrics() const;

 private:
  mutable std::mutex mutex_;
  std::deque<sluice_metric> metrics_;  ///< guarded by mutex_; addresses are stable
};
