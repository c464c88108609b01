// SPDX-License-Identifier: Apache-2.0
// Attributes that some records do not have, such as the symbol of a stream that names none, where a record without one
// is rejected, or worse. A node says what happens then; of what it says nothing, nothing is said here. Who provides
// such an attribute says for which values of another one it may be absent, and a route may lead those values elsewhere.
#include <algorithm>

#include "validate/steps.hpp"
#include "validate/value_flow.hpp"

namespace sluice::engine {
namespace {

/// An attribute, and the node that says that some of its records do not have it.
using Absent = std::map<std::string, size_t>;

class AbsenceCheck {
 public:
  AbsenceCheck(const Draft& draft, Diagnostics& diagnostics)
      : draft_(draft), diagnostics_(diagnostics), leaving_(draft.nodes.size()) {
    // What comes to a relay comes out of it, and its output may stand before its input. Each round leads on by one.
    for (size_t round = 0; round <= draft.topology.shape().relays.size(); ++round) {
      for (const size_t node : draft.order) leaving_[node] = after(node);
    }
  }

  void check() {
    for (size_t index = 0; index < draft_.nodes.size(); ++index) {
      const DraftNode& node = draft_.nodes[index];
      if (!node.described || node.described->absences.empty() || node.is_source()) continue;
      const Absent absent = before(index);
      for (const DescribedAbsence& one : node.described->absences) {
        report(absent, one.attribute, one.consequence, node.place_or_name(one.place), node.subject());
      }
    }
    for (const DraftEdge& edge : draft_.edges) {
      if (edge.when_full != WhenFull::conflate) continue;
      report(on(edge), edge.spec->when_full->conflate_key, "replaces no other, so a full edge blocks for it",
             edge.spec->when_full->place, edge.spec->subject());
    }
  }

 private:
  Absent after(size_t index) {
    const DraftNode& node = draft_.nodes[index];
    if (!node.described) return {};
    Absent absent;
    if (node.role == SLUICE_ROLE_RELAY_OUTPUT) {
      // It gives what was stored, so an attribute is absent again.
      const size_t input = draft_.taking(node.name());
      if (input != none && draft_.nodes[input].described) absent = behind(input);
      std::erase_if(absent, [&](const auto& one) { return node.described->find_provided(one.first) == nullptr; });
    } else if (!node.is_source()) {
      absent = behind(index);
      for (const DescribedAttribute& one : node.described->provides) absent.erase(one.name);
    }
    for (const DescribedAttribute& one : node.described->provides) {
      if (!one.absent.empty()) absent.emplace(one.name, index);
    }
    return absent;
  }

  Absent before(size_t index) {
    const DraftNode& node = draft_.nodes[index];
    Absent absent;
    for (const auto* edges : {&node.in, &node.dead_letters}) {
      for (const size_t edge : *edges) absent.merge(on(draft_.edges[edge]));
    }
    return absent;
  }
  /// Without what is reported here: each is reported at the first node that needs it.
  Absent behind(size_t index) {
    Absent absent = before(index);
    for (const DescribedAbsence& one : draft_.nodes[index].described->absences) absent.erase(one.attribute);
    return absent;
  }

  /// Without what the values on this edge rule out.
  Absent on(const DraftEdge& edge) {
    Absent absent = leaving_[edge.from];
    std::erase_if(absent, [&](const auto& one) {
      const DescribedAttribute* provided = draft_.nodes[one.second].described->find_provided(one.first);
      return std::none_of(provided->absent.begin(), provided->absent.end(),
                          [&](const DescribedAttribute::Absent& where) { return may_come(edge, where); });
    });
    return absent;
  }

  bool may_come(const DraftEdge& edge, const DescribedAttribute::Absent& where) {
    if (where.of.empty()) return true;
    const ValueFlow::Values values = flows_.try_emplace(where.of, draft_, where.of).first->second.on(edge);
    return !values || values->contains(where.value);
  }

  void report(const Absent& absent, const std::string& attribute, const std::string& consequence, Place place,
              const std::string& subject) {
    const auto found = absent.find(attribute);
    if (found == absent.end()) return;
    diagnostics_.warning(Code::absent_attribute, place, subject,
                         "some records from \"" + draft_.nodes[found->second].name() +
                             "\" do not have the attribute \"" + attribute + "\", and a record without it " +
                             consequence + "; send such records elsewhere, or use an attribute that every record has");
  }

  const Draft& draft_;
  Diagnostics& diagnostics_;
  std::map<std::string, ValueFlow> flows_;  ///< by attribute
  std::vector<Absent> leaving_;             ///< by node
};

}  // namespace

void check_absent(const Draft& draft, Diagnostics& diagnostics) {
  if (draft.edges_are_whole) AbsenceCheck(draft, diagnostics).check();
}

}  // namespace sluice::engine
