// SPDX-License-Identifier: Apache-2.0
// The memory bound: buffers, dead letters, what is in flight outside of them, records themselves, and what nodes say
// they need. The program, its libraries and its threads come on top.
#include "validate/steps.hpp"

namespace sluice::engine {

std::vector<MemoryItem> bound_memory(Plan& plan) {
  std::vector<MemoryItem> items;
  const uint64_t record_bytes = sizeof(sluice_record) + plan.attributes.size() * sizeof(sluice_value);
  uint64_t records = 0;
  for (const PlanEdge& edge : plan.edges) {
    if (!edge.buffered) continue;
    items.push_back({"edge " + edge.name, edge.bound.bytes});
    records += edge.bound.records;
  }
  for (const PlanDeadLetter& one : plan.dead_letters) {
    items.push_back({one.name, one.bound.bytes});
    records += one.bound.records;
  }
  for (const PlanNode& node : plan.nodes) {
    if (node.is_source()) {
      items.push_back({"in flight from " + node.shown_name(), node.in_flight.bytes});
      records += node.in_flight.records;
    }
    if (node.facts.memory_bytes > 0) items.push_back({"node " + node.shown_name(), node.facts.memory_bytes});
  }
  items.push_back({"records, " + std::to_string(record_bytes) + " bytes each", records * record_bytes});
  plan.memory_bytes = 0;
  for (const MemoryItem& item : items) plan.memory_bytes += item.bytes;
  return items;
}

}  // namespace sluice::engine
