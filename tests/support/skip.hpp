// SPDX-License-Identifier: Apache-2.0
// How a test case says that it was not tried: Catch2 2 has no word for it. The program then ends with 77 instead of 0,
// which ctest shows as skipped. The test case itself must return. A failure is still a failure.
#pragma once
#include <string>

namespace sluice_test {

/// Says on stderr what was not tried, and why.
void skip(const std::string& why);
/// The same of a server that is missing; under continuous integration, which has all of them, the test case fails.
void skip_without(const std::string& server);

}  // namespace sluice_test
