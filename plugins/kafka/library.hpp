// SPDX-License-Identifier: Apache-2.0
// Which librdkafka was loaded, said once a process, and which of its known faults the declared half may meet, each said
// once. The table covers what Sluice cannot work around; plugins/kafka/README.md has the others, too.
#pragma once
#include <string>
#include <vector>

#include "settings.hpp"
#include "sluice/context.hpp"

namespace sluice::kafka {

enum class Half { input, output };

/// Of the version as rd_kafka_version() has it: what may go wrong with these settings, worst first.
std::vector<std::string> known_faults(int version, const Settings& settings, Half half);
/// In `open` of a half: one line with the version, and a warning where there are known faults.
void report_library(Context context, const Settings& settings, Half half);

}  // namespace sluice::kafka
