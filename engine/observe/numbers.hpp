// SPDX-License-Identifier: Apache-2.0
// Numbers as people read them: 1,234,567 records, 3.2 ms, 64 MiB. ASCII, no locale.
#pragma once
#include <cstdint>
#include <string>

namespace sluice::engine {

std::string grouped(uint64_t number);
/// Three significant digits and a unit: 850 ns, 3.21 ms, 12.5 s.
std::string duration_text(int64_t nanoseconds);
/// 512 B, 64 KiB, 1.5 MiB.
std::string bytes_text(uint64_t bytes);

}  // namespace sluice::engine
