// SPDX-License-Identifier: Apache-2.0
#include "observe/metrics.hpp"

namespace sluice::engine {
namespace {

constexpr std::string_view total = "_total";

/// key="value" pairs, apart by commas, between braces; values with \\, \" and \n. False when it is anything else.
bool read_labels(std::string_view text, std::vector<std::pair<std::string, std::string>>& labels) {
  if (text.size() < 2 || text.front() != '{' || text.back() != '}') return false;
  text = text.substr(1, text.size() - 2);
  while (!text.empty()) {
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos || equals == 0 || equals + 1 >= text.size() || text[equals + 1] != '"') {
      return false;
    }
    std::string value;
    size_t at = equals + 2;
    for (; at < text.size() && text[at] != '"'; ++at) {
      if (text[at] == '\\' && at + 1 < text.size()) {
        ++at;
        value += text[at] == 'n' ? '\n' : text[at];
      } else {
        value += text[at];
      }
    }
    if (at == text.size()) return false;
    labels.emplace_back(label_name(text.substr(0, equals)), std::move(value));
    text.remove_prefix(at + 1);
    if (text.empty()) return true;
    if (text.front() != ',') return false;
    text.remove_prefix(1);
  }
  return true;
}

}  // namespace

PluginMetricName split_metric_name(std::string_view text) {
  PluginMetricName split;
  const size_t brace = text.find('{');
  if (brace != std::string_view::npos && brace != 0 && read_labels(text.substr(brace), split.labels)) {
    split.name = metric_name(text.substr(0, brace));
  } else {
    split.labels.clear();
    split.name = metric_name(text);
  }
  return split;
}

void add_plugin_metrics(const NodeReport& node, const Labels& labels, Exposition& exposition) {
  for (const auto& [partition, records] : node.lag) {
    exposition
        .family("sluice_" + node.type + "_lag_records", MetricKind::gauge,
                "Records that wait at the server and were not yet read.")
        .add(partition.empty() ? labels : labels.with("partition", partition), records);
  }
  for (size_t i = 0; i < node.metrics.size(); ++i) {
    const auto& [text, value] = node.metrics[i];
    const MetricFacts facts = i < node.metric_facts.size() ? node.metric_facts[i] : MetricFacts{};
    const MetricKind kind = facts.kind == SLUICE_GAUGE ? MetricKind::gauge : MetricKind::counter;
    const PluginMetricName split = split_metric_name(text);
    std::string name = "sluice_" + node.type + "_" + split.name;
    if (kind == MetricKind::counter && !name.ends_with(total)) name += total;
    Labels all = labels;
    for (const auto& [key, label] : split.labels) {
      // The engine's own labels stay what they are.
      all = all.with(all.has(key) ? "plugin_" + key : key, label);
    }
    exposition.family(name, kind, facts.help.empty() ? split.name : facts.help).add(all, value);
  }
}

}  // namespace sluice::engine
