// SPDX-License-Identifier: Apache-2.0
#include "audit/scan_stores.hpp"

#include <algorithm>

#include "sluice/result.hpp"
#include "sluice/safe_text.hpp"
#include "sluice/text.hpp"

namespace sluice::engine {
namespace {

class Walk {
 public:
  explicit Walk(const Plan& plan) : plan_(plan), seen_(plan.nodes.size(), false) {}

  void from_source(size_t source, Auditing& found) {
    for (size_t i = 0; i < plan_.edges.size(); ++i) {
      if (plan_.edges[i].from == source && plan_.edges[i].from_port == 0) visit(plan_.edges[i].to, found);
    }
  }

 private:
  void visit(size_t index, Auditing& found) {
    if (seen_[index]) return;
    seen_[index] = true;
    const PlanNode& node = plan_.nodes[index];
    if (node.is_sink()) {
      if (node.type->scan != nullptr) {
        found.stores.push_back(index);
      } else {
        found.not_audited.push_back(node.name);
      }
    }
    for (const PlanEdge& edge : plan_.edges) {
      if (edge.from == index) visit(edge.to, found);
    }
    if (node.role != SLUICE_ROLE_RELAY_INPUT) return;
    for (size_t i = 0; i < plan_.nodes.size(); ++i) {
      if (plan_.nodes[i].role == SLUICE_ROLE_RELAY_OUTPUT && plan_.nodes[i].name == node.name) visit(i, found);
    }
  }

  const Plan& plan_;
  std::vector<bool> seen_;
};

uint32_t give(void* to, sluice_str, const sluice_stored* records, uint64_t count) {
  Auditor& auditor = *static_cast<Auditor*>(to);
  for (uint64_t i = 0; i < count; ++i) {
    auditor.take(to_view(records[i].payload), records[i].position, records[i].stored_ns);
  }
  return 1;
}

void scan(const PlanNode& node, const std::vector<sluice_str>& fields, const Secrecy& secrecy, Auditor& auditor) {
  sluice_scan_query query{};
  query.struct_size = sizeof query;
  query.fields = fields.data();
  query.field_count = fields.size();
  sluice_scan_api api{};
  api.struct_size = sizeof api;
  api.stored_stride = sizeof(sluice_stored);
  api.give = &give;
  api.is_wanted = [](void*) -> uint32_t { return 1; };
  sluice_error error = empty_error();
  if (node.type->scan(node.options, &query, &api, &auditor, &error) == SLUICE_OK) return;
  const Error why = from_abi(error);
  const std::string code = why.code.empty() ? "" : " [" + why.code + "]";
  auditor.fail(safe_text(secrecy.masked(why.message + code)));
}

}  // namespace

Auditing find_auditing(const Plan& plan) {
  Auditing found;
  Walk walk(plan);
  for (size_t i = 0; i < plan.nodes.size(); ++i) {
    const PlanNode& node = plan.nodes[i];
    if (node.series.empty()) continue;
    for (const Series& series : node.series) {
      const bool is_known = std::any_of(found.series.begin(), found.series.end(),
                                        [&](const Series& known) { return known.name == series.name; });
      if (!is_known) found.series.push_back(series);
    }
    walk.from_source(i, found);
  }
  return found;
}

AuditReport audit_stores(const Plan& plan, const Auditing& what, const AuditOptions& options) {
  Auditor auditor(what.series, options);
  std::vector<sluice_str> fields;
  for (const std::string& field : auditor.fields()) fields.push_back(to_str(field));
  for (const size_t index : what.stores) {
    const PlanNode& node = plan.nodes[index];
    auditor.begin_store(node.name);
    scan(node, fields, plan.secrecy, auditor);
  }
  AuditReport report = auditor.report();
  report.graph = plan.graph;
  report.not_audited = what.not_audited;
  return report;
}

}  // namespace sluice::engine
