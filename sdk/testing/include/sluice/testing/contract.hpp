// SPDX-License-Identifier: Apache-2.0
// The contract suite as one call in a Catch2 test case:
//
//   TEST_CASE("batch keeps the contract") {
//     check_contract(find_type(sluice_plugin_v1(), "batch"), {{"records", 3}, {"within", "1s"}}, {"{}", "{\"a\":1}"});
//   }
//
// Reports every violation, not only the first. With another test framework use contract_rules.hpp.
#pragma once
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include "sluice/testing/contract_rules.hpp"

namespace sluice::testing {

inline void check_contract(const sluice_node_type& type, const Values& options, const std::vector<Input>& samples = {},
                           const ContractSetup& with = {}) {
  for (const std::string& violation : contract_violations(type, options, samples, with)) FAIL_CHECK(violation);
  SUCCEED("all rules were tried");
}

}  // namespace sluice::testing
