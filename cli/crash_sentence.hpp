// SPDX-License-Identifier: Apache-2.0
// A damaged plugin file that passes every look from outside can still crash whoever loads it. Then a sentence names
// the file, and the program ends with the exit code for a plugin that is not right. Any other crash stays one.
#pragma once

namespace sluice::cli {

/// Once, before any plugin is loaded.
void name_plugins_that_crash();

}  // namespace sluice::cli
