// SPDX-License-Identifier: Apache-2.0
// The memory bound: buffers, dead letters, what is in flight outside of them, records themselves, and what nodes say
// they need. The program, its libraries and its threads come on top.
#include <algorithm>

#include "graph/units.hpp"
#include "validate/steps.hpp"

namespace sluice::engine {

std::vector<MemoryItem> bound_memory(Plan& plan) {
  std::vector<MemoryItem> items;
  const uint64_t record_bytes = sizeof(sluice_record) + plan.attributes.size() * sizeof(sluice_value);
  uint64_t records = 0;
  for (const PlanEdge& edge : plan.edges) {
    if (!edge.buffered) continue;
    items.push_back({"edge " + edge.name, edge.bound.bytes, edge.place});
    records += edge.bound.records;
  }
  for (const PlanDeadLetter& one : plan.dead_letters) {
    items.push_back({one.name, one.bound.bytes, one.place});
    records += one.bound.records;
  }
  for (const PlanNode& node : plan.nodes) {
    if (node.is_source()) {
      items.push_back({"in flight from " + node.shown_name(), node.in_flight.bytes, node.place});
      records += node.in_flight.records;
    }
    if (node.facts.memory_bytes > 0)
      items.push_back({"node " + node.shown_name(), node.facts.memory_bytes, node.place});
  }
  items.push_back({"records, " + std::to_string(record_bytes) + " bytes each", records * record_bytes});
  plan.memory_bytes = 0;
  for (const MemoryItem& item : items) plan.memory_bytes += item.bytes;
  return items;
}

void check_memory(const Plan& plan, const std::vector<MemoryItem>& items, uint64_t limit, Diagnostics& diagnostics) {
  if (limit == 0 || plan.memory_bytes <= limit || items.empty()) return;
  const auto largest = std::max_element(items.begin(), items.end(),
                                        [](const MemoryItem& a, const MemoryItem& b) { return a.bytes < b.bytes; });
  diagnostics.warning(Code::memory_above_limit, largest->place, {},
                      "the bounds of this graph allow " + about_size_text(plan.memory_bytes) +
                          ", and this machine has " + about_size_text(limit) + " for it; most is \"" + largest->what +
                          "\" with " + about_size_text(largest->bytes) + ": lower its bound");
}

}  // namespace sluice::engine
