// SPDX-License-Identifier: Apache-2.0
// The page at `/`: how the process is, why it is not ready if it is not, what is slow, its picture, how long records
// take and where the rest is. Plain HTML that reloads itself; no scripts, nothing from elsewhere. Pure; all texts are
// escaped.
#pragma once
#include <string>
#include <vector>

#include "observe/readiness.hpp"

namespace sluice::engine {

/// `before` is the run some seconds earlier: how long records take is of what came between. `now_ns` is of the clock of
/// the reasons; 0 leaves out for how long they hold.
std::string index_page(const Report& report, const std::vector<Reason>& reasons, const std::string& version,
                       const std::vector<Bottleneck>& slow = {}, const Report& before = {}, int64_t now_ns = 0);

}  // namespace sluice::engine
