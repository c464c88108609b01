// SPDX-License-Identifier: Apache-2.0
// What `validate --connect` asks of the exchange: whether a connection is to be had and trusted, which of the streams
// that the graph names send anything, and whether the REST interface that repairs them answers. The exchange accepts
// names that it does not know and stays silent, so listening is the only way. All findings at once, each with the
// option that asked; waits for some seconds at most.
#pragma once
#include <cstdint>

#include "sluice/describe.hpp"
#include "sluice/result.hpp"

namespace sluice::binance {

constexpr int64_t usual_listen_ns = 3'000'000'000;

Result<void> probe_exchange(Config config, Description& description, int64_t listen_ns = usual_listen_ns);

}  // namespace sluice::binance
