// SPDX-License-Identifier: Apache-2.0
// The list of places that are sought without a proxy, as curl and others read NO_PROXY: names with all that lies below
// them, addresses, networks as 10.0.0.0/8, each with a port or without, and `*` for all. Pure.
#pragma once
#include <string_view>

#include "sluice/net/authority.hpp"

namespace sluice::net {

bool is_exempt(const Authority& place, std::string_view no_proxy);

}  // namespace sluice::net
