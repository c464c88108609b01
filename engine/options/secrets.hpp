// SPDX-License-Identifier: Apache-2.0
// The secrets in a node's options, as whoever shows a sentence of a plugin has to know them: values of secret options
// and out of ${file:...}, and what stands behind a key that names a password. Of an address only its password is one,
// as it is written and as it is decoded: host and user may show. Pure.
#pragma once
#include "graph/secrecy.hpp"
#include "options/typed_config.hpp"

namespace sluice::engine {

void hide_secrets(const TypedConfig& config, Secrecy& secrecy);

}  // namespace sluice::engine
