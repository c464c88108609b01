// SPDX-License-Identifier: Apache-2.0
// Attributes become slots. Only those that somebody reads get one: the others need not be carried. An attribute counts
// as provided where it is provided on every way that leads there; what says why a record was rejected is set by the
// engine on the way to a dead letter.
#include <algorithm>
#include <array>
#include <map>

#include "graph/did_you_mean.hpp"
#include "validate/steps.hpp"

namespace sluice::engine {
namespace {

using Names = std::set<std::string>;

constexpr std::array reject_attributes{reject_reason_attribute, reject_code_attribute, reject_node_attribute};

constexpr const char* malformed_port = "malformed";

bool is_reject_attribute(const std::string& name) {
  return std::find(reject_attributes.begin(), reject_attributes.end(), name) != reject_attributes.end();
}

/// By node: whether what comes there is not known: it, or a node before it, could not be described, or has no edge into
/// it, which has been reported.
std::vector<bool> unknown_before(const Draft& draft) {
  std::vector<size_t> unknown;
  for (size_t i = 0; i < draft.nodes.size(); ++i) {
    const DraftNode& node = draft.nodes[i];
    const bool is_cut_off = !node.is_source() && node.in.empty() && node.dead_letters.empty();
    if (!node.described || is_cut_off) unknown.push_back(i);
  }
  std::vector<bool> is_unknown(draft.nodes.size(), false);
  for (const size_t node : draft.topology.behind(unknown, Topology::Over::dead_letters).nodes) is_unknown[node] = true;
  return is_unknown;
}

class Resolver {
 public:
  Resolver(const Draft& draft, Diagnostics& diagnostics)
      : draft_(draft), diagnostics_(diagnostics), after_(draft.nodes.size()), unknown_(unknown_before(draft)) {}

  std::vector<PlanAttribute> resolve() {
    for (const size_t node : draft_.order) after_[node] = provided_after(node);
    if (draft_.edges_are_whole) {
      for (size_t i = 0; i < draft_.nodes.size(); ++i) check_node(i);
      for (const DraftEdge& edge : draft_.edges) check_conflate(edge);
    }
    return slots();
  }

 private:
  Names provided_after(size_t index) const {
    const DraftNode& node = draft_.nodes[index];
    Names names = node.is_source() ? Names() : provided_before(index);
    if (!node.described) return names;
    for (const DescribedAttribute& one : node.described->provides) names.insert(one.name);
    return names;
  }

  /// What is there on every way.
  Names provided_before(size_t index) const {
    const DraftNode& node = draft_.nodes[index];
    Names names;
    bool is_first = true;
    for (const auto* edges : {&node.in, &node.dead_letters}) {
      for (const size_t edge : *edges) {
        const Names& more = after_[draft_.edges[edge].from];
        if (is_first) names = more;
        if (!is_first) std::erase_if(names, [&](const std::string& name) { return !more.contains(name); });
        is_first = false;
      }
    }
    return names;
  }

  /// What is there on some way, and on which it is not.
  void report(const std::string& attribute, size_t before, const std::vector<size_t>& ways, Place place,
              const std::string& subject) {
    if (is_cycle_to_blame(draft_, before, diagnostics_)) return;
    Names known;
    std::vector<std::string> without;
    for (const size_t way : ways) {
      const Names& names = after_[draft_.edges[way].from];
      known.insert(names.begin(), names.end());
      if (!names.contains(attribute)) without.push_back(draft_.edges[way].name);
    }
    const std::vector<std::string> all(known.begin(), known.end());
    if (known.contains(attribute)) {
      diagnostics_.error(Code::missing_attribute, place, subject,
                         "the attribute \"" + attribute + "\" is not provided on every path: records that come by " +
                             quoted_list(without) + " do not have it; provide it there too");
      return;
    }
    std::string sentence = "no node before " + draft_.nodes[before].name() + " provides the attribute \"" + attribute +
                           "\"; " + (all.empty() ? "they provide none at all" : "they provide " + quoted_list(all, 12));
    const std::string elsewhere = provider_of(attribute);
    if (!elsewhere.empty()) {
      sentence +=
          "; \"" + elsewhere + "\" provides it, but " +
          (leads_by_relay(elsewhere, before) ? "a relay between does not keep it" : "no edges lead from there to here");
    }
    diagnostics_.error(Code::missing_attribute, place, subject, std::move(sentence), did_you_mean(attribute, all));
  }

  std::string provider_of(const std::string& attribute) const {
    for (const DraftNode& node : draft_.nodes) {
      if (node.described && node.described->find_provided(attribute) != nullptr) return node.name();
    }
    return {};
  }

  /// Whether records of a node come to another one, over relays.
  bool leads_by_relay(const std::string& from, size_t to) const {
    const std::vector<size_t> nodes = draft_.topology.behind({draft_.giving(from)}, Topology::Over::relays).nodes;
    return std::find(nodes.begin(), nodes.end(), to) != nodes.end();
  }

  void check_node(size_t index) {
    const DraftNode& node = draft_.nodes[index];
    // Sources and the output halves of relays read nothing that flows.
    if (!node.described || node.is_source() || unknown_[index]) return;
    if (node.in.empty() && node.dead_letters.empty()) return;
    const Names names = provided_before(index);
    for (const DescribedNeed& need : node.described->needs) {
      if (names.contains(need.attribute)) continue;
      if (is_reject_attribute(need.attribute) && takes_rejects(node)) continue;
      std::vector<size_t> ways = node.in;
      ways.insert(ways.end(), node.dead_letters.begin(), node.dead_letters.end());
      report(need.attribute, index, ways, node.place_or_name(need.place), node.subject());
    }
  }

  bool takes_rejects(const DraftNode& node) const {
    return !node.dead_letters.empty() || std::any_of(node.in.begin(), node.in.end(), [&](size_t edge) {
      return draft_.edges[edge].spec->from.port == malformed_port;
    });
  }

  void check_conflate(const DraftEdge& edge) {
    if (edge.when_full != WhenFull::conflate || unknown_[edge.from]) return;
    const std::string& key = edge.spec->when_full->conflate_key;
    if (after_[edge.from].contains(key)) return;
    const auto index = static_cast<size_t>(&edge - draft_.edges.data());
    report(key, edge.to, {index}, edge.spec->when_full->place, edge.spec->subject());
  }

  std::vector<PlanAttribute> slots() const {
    Names read;
    bool has_rejects = false;
    for (const DraftNode& node : draft_.nodes) {
      if (!node.runs || !node.described) continue;
      for (const DescribedNeed& need : node.described->needs) read.insert(need.attribute);
    }
    for (const DraftEdge& edge : draft_.edges) {
      if (!edge.runs) continue;
      if (edge.when_full == WhenFull::conflate) read.insert(edge.spec->when_full->conflate_key);
      // What a source rejects itself says why in the same attributes.
      has_rejects = has_rejects || edge.dead_letter_to != none || edge.spec->from.port == malformed_port;
    }
    std::vector<PlanAttribute> slots;
    const auto add = [&](const std::string& name, uint32_t kind) {
      const auto same = [&](const PlanAttribute& one) { return one.name == name; };
      if (std::none_of(slots.begin(), slots.end(), same)) slots.push_back({name, kind});
    };
    for (const size_t index : draft_.order) {
      const DraftNode& node = draft_.nodes[index];
      if (!node.runs || !node.described) continue;
      for (const DescribedAttribute& one : node.described->provides) {
        if (read.contains(one.name)) add(one.name, one.value_kind);
      }
    }
    if (has_rejects) {
      for (const char* name : reject_attributes) add(name, SLUICE_VALUE_TEXT);
    }
    return slots;
  }

  const Draft& draft_;
  Diagnostics& diagnostics_;
  std::vector<Names> after_;
  const std::vector<bool> unknown_;
};

}  // namespace

std::vector<PlanAttribute> resolve_attributes(const Draft& draft, Diagnostics& diagnostics) {
  return Resolver(draft, diagnostics).resolve();
}

}  // namespace sluice::engine
