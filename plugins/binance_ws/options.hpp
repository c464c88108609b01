// SPDX-License-Identifier: Apache-2.0
// The options of `binance_ws` as the source runs by them, the checks that the table of option_table.hpp cannot express,
// and what the node says of itself. Pure: resolves nothing and opens nothing.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "repair_options.hpp"
#include "sluice/describe.hpp"
#include "sluice/net/route.hpp"
#include "sluice/result.hpp"
#include "stream_names.hpp"

namespace sluice::binance {

enum Port : uint32_t { port_out = 0, port_malformed = 1, port_gaps = 2 };

struct Options {
  net::Endpoint endpoint;
  std::optional<net::Proxy> proxy;
  std::vector<std::string> symbols;       ///< as the exchange spells them
  std::vector<std::string> stream_types;  ///< as written
  int64_t reconnect_first_ns = 0;
  int64_t reconnect_max_ns = 0;
  int64_t connect_deadline_ns = 0;
  int64_t read_deadline_ns = 0;
  int64_t data_deadline_ns = 0;
  int64_t stop_reading_limit_ns = 0;
  uint64_t max_frame_bytes = 0;
  std::string ca_file;
  bool discard_malformed = false;
  bool microseconds = false;  ///< the exchange is asked for times in them, not in milliseconds
  std::optional<RepairOptions> repair;

  /// Something is reached over TLS.
  bool needs_tls() const { return endpoint.tls || (repair && repair->endpoint.tls); }
};

Result<Options> parse_options(Config config);

/// What is asked of the exchange, without repeats: their names alone.
std::vector<std::string> stream_names(const Options& options);

/// To all streams of the options.
net::Route make_route(const Options& options, SSL_CTX* tls, int64_t time_limit_ns);

void describe_node(Config config, Description& description);

}  // namespace sluice::binance
