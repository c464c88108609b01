// SPDX-License-Identifier: Apache-2.0
// Asks a node type what a node with these options would be: its ports, attributes, facts and problems. Fills in what
// the contract says about ports that are not named. Pure, as far as the plugin keeps its promise.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "graph/place.hpp"
#include "graph/series.hpp"
#include "loader/plugin.hpp"

namespace sluice::engine {

struct DescribedOutput {
  std::string name;
  bool optional = false;
};
struct DescribedNeed {
  std::string attribute;
  Place place;  // of the option that asks for it; line 0: none
};
struct DescribedAttribute {
  std::string name;
  uint32_t value_kind = 0;  // SLUICE_VALUE_TEXT, ...
  /// Where it may be absent: of records whose attribute `of` has this value, or, with an empty one, of any.
  struct Absent {
    std::string of;
    std::string value;
  };
  std::vector<Absent> absent{};  // empty: it is always there
};
/// What happens to a record without an attribute that is needed.
struct DescribedAbsence {
  std::string attribute;
  std::string consequence;  // "is refused"
  Place place;              // of the option that asks for it; line 0: none
};
/// What a source may refuse by itself.
struct DescribedRefusal {
  std::string what;  // "records without a value"
  Place place;
};
struct DescribedProblem {
  Place place;
  bool warning = false;
  std::string sentence;
};

/// What leaves by an output, or by any when it is empty, has one of these values.
struct DescribedValue {
  std::string output;
  std::string attribute;
  std::string value;
};
struct DescribedAccept {
  std::string attribute;
  std::string value;
  Place place;
  std::string option;  // that lists the values
};
struct DescribedExclusive {
  std::string what;  // "appends to the file /x"
  Place place;
  std::string option;
};

struct Described {
  std::vector<std::string> inputs;
  std::vector<DescribedOutput> outputs;
  std::vector<DescribedNeed> needs;  // with those of SLUICE_ATTRIBUTE options
  std::vector<DescribedAttribute> provides;
  std::map<uint32_t, int64_t> facts;
  std::map<uint32_t, std::string> reasons;
  std::vector<DescribedProblem> problems;
  std::vector<DescribedValue> values;
  std::vector<DescribedAccept> accepts;
  std::vector<DescribedExclusive> exclusive;
  std::vector<DescribedAbsence> absences;  // of attributes that are needed
  std::vector<DescribedRefusal> refusals;
  std::vector<Series> series;  // of what leaves by the first output

  /// 0 for what was not said.
  int64_t fact(uint32_t which) const;
  /// Null: it does not provide the attribute.
  const DescribedAttribute* find_provided(std::string_view attribute) const;
  std::string reason(uint32_t which) const;
};

/// `role` is SLUICE_ROLE_NODE, or the half of a relay.
Result<Described> describe(const NodeType& type, const sluice_config& options, uint32_t role = SLUICE_ROLE_NODE);

/// Asks the real servers of a type that has the slot; may wait for seconds. An error: they could not be asked.
Result<std::vector<DescribedProblem>> probe(const sluice_node_type& type, const sluice_config& options, uint32_t role);

}  // namespace sluice::engine
