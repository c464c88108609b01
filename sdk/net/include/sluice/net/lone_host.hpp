// SPDX-License-Identifier: Apache-2.0
// The host's functions that a connection needs, for code that runs where no host is (a probe): clocks, random numbers,
// buffers. What is logged, counted or said of the status goes nowhere; there are no attributes, ports and batches.
// Any thread; one for the process, which never ends.
#pragma once
#include "sluice/context.hpp"

namespace sluice::net {

Context lone_context();

}  // namespace sluice::net
