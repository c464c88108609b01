// SPDX-License-Identifier: Apache-2.0
// Where a verdict on records leads: accounts hear of it, and what is refused goes to the dead letter of its path or
// stops the graph. Every record that leaves a node or an edge other than by an emit passes here once. Any thread.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/edge_runtime.hpp"
#include "runtime/node_runtime.hpp"
#include "sluice/result.hpp"

namespace sluice::engine {

class GraphRuntime;

class Verdicts {
 public:
  /// What a node says of records that it owned. The final verdict of accounts is records::Verdict: what has failed may
  /// yet be dead-lettered.
  enum class Given : uint8_t { delivered, accepted, discarded, failed };

  explicit Verdicts(GraphRuntime& graph);

  /// `reason`: the error of what has failed, and why records were discarded.
  void settle(NodeRuntime& node, records::HostBatch* take, Given given, const Error& reason);
  void discard(NodeRuntime& node, records::HostBatch* take, std::string_view reason);
  /// What an edge gave back for good.
  void settle_losers(EdgeRuntime& edge, const EdgeQueue::Pushed& pushed);

 private:
  /// Who refuses records.
  struct Refuser {
    NodeRuntime& node;               ///< is named
    NodeRuntime* books;              ///< whose counters the records leave; null: an edge held them
    RejectWindow* window = nullptr;  ///< null: its refusals say nothing of a schema
    uint64_t before = 0;             ///< its verdicts before these
  };
  void refuse(const Refuser& by, records::HostBatch* take, const Error& error);
  /// Records of one path.
  void refuse_path(const Refuser& by, records::HostBatch* take, const Error& error);
  /// Settles them as failed and stops the graph.
  void fail(const Refuser& by, records::HostBatch* take, Error error);
  void send_to_dead_letter(const Refuser& by, const PlanDeadLetter& to, records::HostBatch* take, const Error& error);
  void annotate(const NodeRuntime& node, records::HostBatch& batch, const Error& error) const;
  std::string begin_of_payload(const records::HostBatch& batch) const;

  GraphRuntime& graph_;
  // Slots of the attributes that say why; -1: nobody reads them.
  const int32_t reason_slot_;
  const int32_t code_slot_;
  const int32_t node_slot_;
};

}  // namespace sluice::engine
