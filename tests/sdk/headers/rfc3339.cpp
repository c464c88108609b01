// SPDX-License-Identifier: Apache-2.0
// Compiles alone.
#include "sluice/rfc3339.hpp"
