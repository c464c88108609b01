// SPDX-License-Identifier: Apache-2.0
// A host function that any thread may call, on its way through the gate of the context it was given: inside, the node
// and its graph are there until the function returns; otherwise the graph has gone and nothing of it is touched.
#pragma once
#include "runtime/node_runtime.hpp"

namespace sluice::engine {

class Inside {
 public:
  explicit Inside(sluice_context* context) : context_(*context), is_in_(context->gate.enter()) {}
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
  ~Inside() {
    if (is_in_) context_.gate.leave();
  }
  /// False when the graph has gone.
  explicit operator bool() const { return is_in_; }
  NodeRuntime& node() const { return context_.node; }

 private:
  sluice_context& context_;
  const bool is_in_;
};

/// A batch without a token was made and never emitted: there is nobody to answer.
inline bool is_fresh(const records::HostBatch& batch) { return batch.runs.empty(); }

/// Stops the graph, as the plugin has broken a promise: "it " and what it did.
void stop_for_bug(NodeRuntime& node, const std::string& deed);

/// The functions for batches and tokens: host_batches.cpp.
void fill_batches(sluice_host& host);

}  // namespace sluice::engine
