// SPDX-License-Identifier: Apache-2.0
// Compiles alone.
#include "sluice/tail.hpp"
