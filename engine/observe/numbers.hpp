// SPDX-License-Identifier: Apache-2.0
// Numbers as people read them: 1,234,567 records, 3.2 ms. ASCII, no locale.
#pragma once
#include <cstdint>
#include <string>

namespace sluice::engine {

std::string grouped(uint64_t number);
/// Three significant digits and a unit: 850 ns, 3.21 ms, 12.5 s.
std::string rounded_duration(int64_t nanoseconds);

}  // namespace sluice::engine
