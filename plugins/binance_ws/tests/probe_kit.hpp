// SPDX-License-Identifier: Apache-2.0
// What the tests of the probe share: what it finds, as text.
#pragma once
#include <sstream>

#include "probe.hpp"
#include "source_kit.hpp"

namespace sluice::binance::test {

/// The findings, one a line: "warning symbols[BNBUSDT]: ..."; or "error [code] ..." where nothing could be asked.
inline std::string probe(const Values& options, int64_t listen_ns) {
  const auto tree = sluice::testing::build_options(binance_ws(), options);
  REQUIRE(tree->problems.empty());
  std::ostringstream findings;
  sluice_describe_api api{};
  api.struct_size = sizeof api;
  api.problem = [](void* to, const sluice_config* where, uint32_t is_warning, sluice_str sentence) {
    const std::string_view key = sluice::to_view(where->key);
    *static_cast<std::ostringstream*>(to)
        << (is_warning != 0 ? "warning " : "problem ") << (key.empty() ? sluice::to_view(where->text) : key) << ": "
        << sluice::to_view(sentence) << '\n';
  };
  sluice::Description description(&api, &findings);
  const auto asked = sluice::binance::probe_exchange(sluice::Config(&tree->root), description, listen_ns);
  if (!asked.ok()) findings << "error [" << asked.error().code << "] " << asked.error().message << '\n';
  return findings.str();
}

}  // namespace sluice::binance::test
