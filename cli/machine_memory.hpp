// SPDX-License-Identifier: Apache-2.0
// How much memory this process can have at most: that of the machine, of its control group and of those around it, and
// what ulimit leaves, whichever is least. Only reads; never throws.
#pragma once
#include <cstdint>
#include <string>

namespace sluice::cli {

/// Bytes; 0 when nobody knows.
uint64_t machine_memory();

/// The least limit of the control groups that `groups` (as /proc/self/cgroup) names below `root`; 0: none.
uint64_t group_limit(const std::string& groups, const std::string& root);

}  // namespace sluice::cli
