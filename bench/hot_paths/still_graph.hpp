// SPDX-License-Identifier: Apache-2.0
// A chain of nodes on the real runtime that no thread runs: the caller's thread does what a stage's would. Batches are
// made with their tokens and held before the first node; run lets them through to a sink that settles them. So a node
// is met as in any graph: through the C contract, with the host's accounts, tokens and counters.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "records/batch.hpp"
#include "runtime/graph_runtime.hpp"
#include "sluice/context.hpp"
#include "sluice/testing/value.hpp"

namespace sluice::testing {
class GraphBuilder;
}

namespace sluice::bench {

struct Step {
  const sluice_node_type* type;
  testing::Values options{};
  std::vector<std::string> outputs{"out"};  ///< all lead to the next node
};

/// Adds steps behind the node `from`, and a sink that settles as delivered.
void add_steps(testing::GraphBuilder& builder, std::string from, const std::vector<Step>& steps);

class StillGraph {
 public:
  explicit StillGraph(const std::vector<Step>& steps);
  ~StillGraph();
  /// Takes a batch without a token and holds it before the first node.
  void hold(records::HostBatch* take);
  void run();
  /// Instead: what is held, with its tokens, to be settled by the caller.
  std::vector<records::HostBatch*> take();
  /// Of a node in the graph.
  Context context() const;

 private:
  struct Held;
  class Source;
  class Gate;
  std::unique_ptr<Held> held_;
  std::unique_ptr<engine::GraphRuntime> runtime_;
};

}  // namespace sluice::bench
