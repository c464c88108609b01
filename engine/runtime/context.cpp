// SPDX-License-Identifier: Apache-2.0
#include "runtime/context.hpp"

#include <memory>

using sluice::engine::NodeRuntime;

sluice_context& sluice_context::make(NodeRuntime& node, const sluice::engine::Clock& clock, uint32_t attribute_count,
                                     bool is_sink) {
  static std::mutex mutex;
  static auto* const all = new std::vector<std::unique_ptr<sluice_context>>;
  const std::lock_guard lock(mutex);
  return *all->emplace_back(std::make_unique<sluice_context>(node, clock, attribute_count, is_sink));
}

sluice_metric* sluice_context::metric(uint32_t kind, std::string name, std::string help) {
  const std::lock_guard lock(mutex_);
  for (sluice_metric& known : metrics_) {
    if (known.name == name) return &known;
  }
  sluice_metric& made = metrics_.emplace_back();
  made.name = std::move(name);
  made.help = std::move(help);
  made.kind = kind;
  return &made;
}

std::vector<sluice_context::MetricValue> sluice_context::metrics() const {
  const std::lock_guard lock(mutex_);
  std::vector<MetricValue> values;
  for (const sluice_metric& metric : metrics_) {
    values.push_back({metric.name, metric.help, metric.kind, metric.value.load(std::memory_order_relaxed)});
  }
  return values;
}
