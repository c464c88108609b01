// SPDX-License-Identifier: Apache-2.0
// Audits the stores of a graph: reads what each sink and relay behind the first output of a source with series holds,
// by its slot `scan`, and hands it to an auditor. No node is opened, and nothing is changed at any server. Waits for
// servers, on the thread of the caller.
#pragma once
#include <string>
#include <vector>

#include "audit/auditor.hpp"
#include "graph/plan.hpp"

namespace sluice::engine {

/// A plan without a process: all nodes of the graph.
struct Auditing {
  std::vector<Series> series;            ///< of all sources
  std::vector<size_t> stores;            ///< nodes, as records come to them
  std::vector<std::string> not_audited;  ///< sinks and relays behind such sources that cannot be read
};
Auditing find_auditing(const Plan& plan);

/// A store that cannot be read says why in the report; the others are read all the same.
AuditReport audit_stores(const Plan& plan, const Auditing& what, const AuditOptions& options);

}  // namespace sluice::engine
