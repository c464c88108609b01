// SPDX-License-Identifier: Apache-2.0
// What /metrics says of a run: a Report as Prometheus families. Every name and label is listed in docs/metrics.md. A
// plugin's metric becomes sluice_TYPE_NAME, and what stands in braces behind its name becomes labels; a name that is
// not well formed is made so, never left out. Pure.
#pragma once
#include "observe/exposition.hpp"
#include "runtime/report.hpp"

namespace sluice::engine {

void add_metrics(const Report& report, Exposition& exposition);
/// Where time goes, of what passed between two reports.
void add_latency_ways(const Report& before, const Report& now, Exposition& exposition);
/// One for each of a node's plugin: `counter` names end in _total.
void add_plugin_metrics(const NodeReport& node, const Labels& labels, Exposition& exposition);
/// The labels of everything in a report: graph and process.
Labels graph_labels(const Report& report);

/// A plugin's metric name, taken apart: `lag_records{partition="0"}`.
struct PluginMetricName {
  std::string name;
  std::vector<std::pair<std::string, std::string>> labels;
};
PluginMetricName split_metric_name(std::string_view text);

}  // namespace sluice::engine
