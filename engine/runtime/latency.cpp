// SPDX-License-Identifier: Apache-2.0
#include "runtime/latency.hpp"

#include <algorithm>
#include <utility>

namespace sluice::engine {

std::array<uint64_t, LatencyReport::bound_count> LatencyReport::at_most() const {
  std::array<uint64_t, bound_count> found{};
  for (size_t i = 0; i < classes.size(); ++i) {
    for (size_t bound = 0; bound < bound_count; ++bound) {
      if (Latency::upper_edge(i) <= bound_ns(bound)) found[bound] += classes[i];
    }
  }
  return found;
}

double LatencyReport::sum_ns() const {
  double sum = 0;
  for (size_t i = 0; i < classes.size(); ++i) {
    const auto upper_ns = static_cast<double>(Latency::upper_edge(i));
    const double lower_ns = i == 0 ? 0 : static_cast<double>(Latency::upper_edge(i - 1) + 1);
    sum += static_cast<double>(classes[i]) * (lower_ns / 2 + upper_ns / 2);
  }
  return sum;
}

int64_t LatencyReport::quantile_ns(double share) const {
  const auto wanted = static_cast<uint64_t>(share * static_cast<double>(count));
  uint64_t seen = 0;
  for (size_t i = 0; i < classes.size(); ++i) {
    seen += classes[i];
    if (seen > wanted || (seen == count && count > 0)) return Latency::upper_edge(i);
  }
  return 0;
}

LatencyReport LatencyReport::since(const LatencyReport& before) const {
  LatencyReport later = *this;
  for (size_t i = 0; i < std::min(classes.size(), before.classes.size()); ++i) {
    const uint64_t earlier = std::min(later.classes[i], before.classes[i]);
    later.classes[i] -= earlier;
    later.count -= earlier;
  }
  return later;
}

LatencyReport Latency::report() const {
  LatencyReport report;
  for (size_t i = 0; i < classes_.size(); ++i) {
    const uint64_t records = classes_[i].load(std::memory_order_relaxed);
    if (records == 0) continue;
    report.classes.resize(i + 1);
    report.classes[i] = records;
    report.count += records;
  }
  return report;
}

}  // namespace sluice::engine
