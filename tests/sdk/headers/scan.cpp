// SPDX-License-Identifier: Apache-2.0
// Compiles alone.
#include "sluice/scan.hpp"
