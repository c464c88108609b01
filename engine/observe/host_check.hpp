// SPDX-License-Identifier: Apache-2.0
// Against DNS rebinding: a page from elsewhere has its own name resolve to the loopback address, so that a browser on
// this machine hands it what is served there. Such a request still says that name in its Host field. What can be no
// name that somebody else owns is taken: address literals, names without a dot (of containers, of hosts files), names
// below localhost, local and internal. Pure.
#pragma once
#include <string_view>

namespace sluice::engine {

/// `authority` is a request's Host field, with its port or without.
bool is_private_name(std::string_view authority);

}  // namespace sluice::engine
