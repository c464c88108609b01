// SPDX-License-Identifier: Apache-2.0
// What the operating system says of this process, under the names that Prometheus' own libraries use: CPU, memory,
// files, threads, start. Read from /proc; what cannot be read is left out.
#pragma once
#include "observe/exposition.hpp"

namespace sluice::engine {

void add_process_metrics(Exposition& exposition);

}  // namespace sluice::engine
