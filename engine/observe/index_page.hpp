// SPDX-License-Identifier: Apache-2.0
// The page at `/`: how the process is, why it is not ready if it is not, its picture, and where the rest is. Plain HTML
// that reloads itself; no scripts, nothing from elsewhere. Pure; all texts are escaped.
#pragma once
#include <string>
#include <vector>

#include "observe/readiness.hpp"

namespace sluice::engine {

std::string index_page(const Report& report, const std::vector<Reason>& reasons, const std::string& version);

}  // namespace sluice::engine
