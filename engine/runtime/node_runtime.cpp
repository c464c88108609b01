// SPDX-License-Identifier: Apache-2.0
#include "runtime/node_runtime.hpp"

namespace sluice::engine {

void NodeRuntime::set_status(uint32_t status, std::string sentence) {
  const std::lock_guard lock(mutex_);
  status_ = {status, std::move(sentence)};
}

NodeRuntime::Status NodeRuntime::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

sluice_metric* NodeRuntime::metric(uint32_t kind, std::string name, std::string help) {
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

std::vector<NodeRuntime::MetricValue> NodeRuntime::metrics() const {
  const std::lock_guard lock(mutex_);
  std::vector<MetricValue> values;
  for (const sluice_metric& metric : metrics_) {
    values.push_back({metric.name, metric.help, metric.kind, metric.value.load(std::memory_order_relaxed)});
  }
  return values;
}

void NodeRuntime::count_discard(std::string_view reason, uint64_t records) {
  const std::lock_guard lock(mutex_);
  for (auto& [known, count] : discards_) {
    if (known == reason) {
      count += records;
      return;
    }
  }
  discards_.emplace_back(reason, records);
}

std::vector<std::pair<std::string, uint64_t>> NodeRuntime::discards() const {
  const std::lock_guard lock(mutex_);
  return discards_;
}

}  // namespace sluice::engine
