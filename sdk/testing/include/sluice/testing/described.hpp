// SPDX-License-Identifier: Apache-2.0
// What a node type says of itself for given options, recorded: ports with the ABI's defaults filled in, attributes,
// facts and their reasons, problems. Comparable, so that a test can ask twice. Opens nothing.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/result.hpp"
#include "sluice/testing/options.hpp"

namespace sluice::testing {

struct Port {
  std::string name;
  bool optional = false;
  bool operator==(const Port&) const = default;
};

struct Described {
  std::vector<Port> inputs, outputs;
  std::vector<std::string> needs;            ///< also the values of ATTRIBUTE options
  std::map<std::string, uint32_t> provides;  ///< name -> value kind
  std::map<uint32_t, int64_t> facts;
  std::map<uint32_t, std::string> reasons;
  std::vector<std::string> problems, warnings;
  std::vector<std::string> values;              ///< "output attribute value"
  std::vector<std::string> accepts;             ///< "attribute value"
  std::vector<std::string> exclusive;           ///< as it was said
  std::vector<std::string> may_be_absent;       ///< "attribute of value"
  std::map<std::string, std::string> absences;  ///< attribute -> what happens to a record without it
  std::vector<std::string> refusals;            ///< what a source may refuse by itself
  std::vector<std::string> series;              ///< "name rule field=value key id time price quantity folds first last"
  bool operator==(const Described&) const = default;

  int64_t fact(uint32_t which) const {
    const auto found = facts.find(which);
    return found == facts.end() ? 0 : found->second;
  }
  /// Throws std::invalid_argument when there is no such output.
  uint32_t output(std::string_view name) const;
};

/// Problems of the option table and of `describe` are in Described::problems; an Error only when describe failed.
Result<Described> describe(const sluice_node_type& type, const Values& options, uint32_t role = SLUICE_ROLE_NODE);
Result<Described> describe(const sluice_node_type& type, const OptionTree& options, uint32_t role = SLUICE_ROLE_NODE);

}  // namespace sluice::testing
