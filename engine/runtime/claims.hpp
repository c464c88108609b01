// SPDX-License-Identifier: Apache-2.0
// The locks of a process. Nodes whose description says `claims` are written to only while this process holds their
// locks. The graph asks for the locks when its nodes are open, and starts no source before it holds all of them: until
// then the process stands by. Locks are taken one after the other in the order of the nodes' names, so that two
// processes never wait for each other. A lock that is lost ends the run. Each plugin keeps its lock on a thread of its
// own; one that does not return when the run ends is left behind.
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "runtime/report.hpp"
#include "sluice/abi.h"
#include "sluice/result.hpp"

namespace sluice::engine {

class GraphRuntime;
class NodeRuntime;

class Claims {
 public:
  explicit Claims(GraphRuntime& graph);
  Claims(const Claims&) = delete;
  ~Claims();

  // The thread that drives the graph.
  /// Once, when the graph has its nodes.
  void find();
  /// Asks for the next lock if it is its turn; true when all are held. The bell rings when this may answer otherwise.
  bool advance();
  /// No lock is wanted from here on.
  void give_up();
  bool have_returned() const;
  /// Whether the plugin has returned from the last call for this node.
  bool has_returned(const NodeRuntime& node) const;

  // Any thread.
  /// Who has the lock that this process waits for; nothing while it waits for none, or nobody is known to have it.
  std::optional<StandbyReport> standby() const;
  /// Some lock is not held yet.
  bool are_pending() const;

 private:
  struct One;
  void run(One& one);
  void held(One& one);
  void waits(One& one, std::string sentence);
  Error lost(const One& one, bool is_ok, const sluice_error& error) const;

  GraphRuntime& graph_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<One>> ones_;  ///< by name; does not change
  size_t asked_ = 0;                        ///< guarded by mutex_; of the first so many
  bool is_given_up_ = false;                ///< guarded by mutex_
};

}  // namespace sluice::engine
