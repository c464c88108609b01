// SPDX-License-Identifier: Apache-2.0
// A report and when it was taken: rates are the difference of two. Plain data; both reports are of the same run, so
// nodes and edges of one index are the same.
#pragma once
#include <cstdint>

#include "runtime/report.hpp"

namespace sluice::engine {

struct Sample {
  int64_t at_ns = 0;
  Report report;
};

/// Per second between two moments; 0 when no time lies between.
inline double rate_between(const Sample& before, const Sample& now, uint64_t count_before, uint64_t count_now) {
  if (now.at_ns <= before.at_ns || count_now < count_before) return 0;
  return static_cast<double>(count_now - count_before) * 1e9 / static_cast<double>(now.at_ns - before.at_ns);
}

}  // namespace sluice::engine
