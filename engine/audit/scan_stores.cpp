// SPDX-License-Identifier: Apache-2.0
#include "audit/scan_stores.hpp"

#include <algorithm>

#include "graph/routes.hpp"
#include "sluice/result.hpp"
#include "sluice/safe_text.hpp"
#include "sluice/text.hpp"

namespace sluice::engine {
namespace {

/// The stores that records of a source come to, and those behind the relays among them.
class Walk {
 public:
  Walk(const Plan& plan, Auditing& found) : plan_(plan), found_(found), seen_(plan.nodes.size(), false) {}

  void from(size_t source, bool only_by_first_output) {
    for (const Routes::Way& way : plan_.routes->ways()) {
      if (way.source != source || (only_by_first_output && !way.outputs.contains(0)) || seen_[way.sink]) continue;
      seen_[way.sink] = true;
      const PlanNode& store = plan_.nodes[way.sink];
      if (store.type->scan != nullptr) {
        found_.stores.push_back(way.sink);
      } else {
        found_.not_audited.push_back(store.name);
      }
      for (size_t i = 0; i < plan_.nodes.size(); ++i) {
        const PlanNode& node = plan_.nodes[i];
        if (node.role == SLUICE_ROLE_RELAY_OUTPUT && node.name == store.name) from(i, false);
      }
    }
  }

 private:
  const Plan& plan_;
  Auditing& found_;
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
  Walk walk(plan, found);
  for (size_t i = 0; i < plan.nodes.size(); ++i) {
    const PlanNode& node = plan.nodes[i];
    if (node.series.empty()) continue;
    for (const Series& series : node.series) {
      const bool is_known = std::any_of(found.series.begin(), found.series.end(),
                                        [&](const Series& known) { return known.name == series.name; });
      if (!is_known) found.series.push_back(series);
    }
    walk.from(i, true);
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
