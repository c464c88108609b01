// SPDX-License-Identifier: Apache-2.0
// Compiles alone.
#include "records/buffer_pool.hpp"
