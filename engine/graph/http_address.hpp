// SPDX-License-Identifier: Apache-2.0
// Where a process serves HTTP, as a graph writes it: 127.0.0.1:8081, [::1]:8081, localhost:8081. Port 0 takes one that
// is free. Only the form is looked at; whether there is such a host, and whether the port is free, shows at the start.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "parsed.hpp"

namespace sluice::engine {

struct HttpAddress {
  std::string host;  // without the brackets of IPv6
  std::uint16_t port = 0;

  std::string text() const;
  bool operator==(const HttpAddress&) const = default;
};

Parsed<HttpAddress> parse_http_address(std::string_view text);

}  // namespace sluice::engine
