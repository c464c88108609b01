// SPDX-License-Identifier: Apache-2.0
// Nodes and ports without an edge. A missing edge leaves an output and an input open, which is one problem: it is
// reported on the side where more is open, and names the other side.
#include <algorithm>

#include "validate/steps.hpp"

namespace sluice::engine {
namespace {

struct Open {
  size_t node = none;
  std::string written;  ///< as an edge names it
  std::string what;
  std::string remedy;
  Code code = Code::unwired_port;
  bool may_have_partner = true;
  bool has_partner = false;  ///< one edge can mend this and something on the other side
};

/// A port that an edge names without the node having it was meant for one of those that are open.
bool has_unresolved(const Draft& draft, const std::vector<size_t>& edges, bool is_output) {
  return std::any_of(edges.begin(), edges.end(), [&](size_t index) {
    const DraftEdge& edge = draft.edges[index];
    return is_output ? !edge.from_port : !edge.to_port;
  });
}

class Wiring {
 public:
  Wiring(const Draft& draft, Diagnostics& diagnostics) : draft_(draft), diagnostics_(diagnostics) {}

  void check() {
    for (size_t i = 0; i < draft_.nodes.size(); ++i) {
      const DraftNode& node = draft_.nodes[i];
      if (node.in.empty() && node.out.empty() && node.dead_letters.empty()) {
        look_at_unwired(i);
      } else if (node.described) {
        look_at_inputs(i);
        look_at_outputs(i);
      }
    }
    const size_t relays = relays_without_output();
    find_partners(relays > 0);
    const std::vector<std::string> outputs = with_partner(outputs_);
    const std::vector<std::string> inputs = with_partner(inputs_);
    const bool is_by_outputs = outputs.size() + relays >= inputs.size();
    report(outputs_, is_by_outputs, inputs);
    report(inputs_, !is_by_outputs, outputs);
  }

 private:
  void look_at_unwired(size_t index) {
    const DraftNode& node = draft_.nodes[index];
    const bool is_end = node.described && node.is_sink();
    (is_end ? inputs_ : outputs_)
        .push_back({index, node.name(), "no edge reaches or leaves the node", "wire it under edges, or remove it",
                    Code::unwired_node, is_end || (node.described && node.is_source())});
  }

  void look_at_inputs(size_t index) {
    const DraftNode& node = draft_.nodes[index];
    if (has_unresolved(draft_, node.in, false) || node.is_source()) return;
    const std::vector<std::string>& names = node.described->inputs;
    for (uint32_t port = 0; port < names.size(); ++port) {
      const auto leads_here = [&](size_t edge) { return draft_.edges[edge].to_port == port; };
      if (std::any_of(node.in.begin(), node.in.end(), leads_here)) continue;
      // Dead letters come to the input that an edge without a port means.
      if (!node.dead_letters.empty() && find_port(names, "", "in") == port) continue;
      const std::string written = node.name() + (names.size() > 1 ? "." + names[port] : "");
      inputs_.push_back({index, written, "the input \"" + names[port] + "\" has no edge", "add an edge to " + written});
    }
  }

  void look_at_outputs(size_t index) {
    const DraftNode& node = draft_.nodes[index];
    if (has_unresolved(draft_, node.out, true) || node.is_sink()) return;
    const std::vector<DescribedOutput>& outputs = node.described->outputs;
    for (uint32_t port = 0; port < outputs.size(); ++port) {
      const auto leaves_here = [&](size_t edge) { return draft_.edges[edge].from_port == port; };
      if (outputs[port].optional || std::any_of(node.out.begin(), node.out.end(), leaves_here)) continue;
      const std::string& name = outputs[port].name;
      const std::string written = node.name() + (outputs.size() > 1 ? "." + name : "");
      // A port such as `malformed` may be given up by an option of its name.
      const bool has_option = std::any_of(node.type->options.begin(), node.type->options.end(),
                                          [&](const auto& option) { return name_of(option) == name; });
      outputs_.push_back({index, written, "the output \"" + name + "\" has no edge",
                          "add an edge " + written + " -> NODE" +
                              (has_option ? ", or decide what happens to it with the option " + name : ""),
                          Code::unwired_port, !has_option});
    }
  }

  /// A process begins at each of them, which has been reported: an edge from there is missing.
  size_t relays_without_output() const {
    size_t count = 0;
    for (const ProcessSpec& process : draft_.spec->processes) {
      count += static_cast<size_t>(std::count_if(process.from.begin(), process.from.end(), [&](const auto& from) {
        return draft_.giving(from.value) == none && draft_.taking(from.value) != none;
      }));
    }
    return count;
  }

  /// An output and an input that one edge can join: without a cycle.
  void find_partners(bool has_relays) {
    for (Open& input : inputs_) input.has_partner = has_relays;
    for (Open& output : outputs_) {
      if (!output.may_have_partner) continue;
      const std::vector<size_t> before = draft_.topology.before(output.node).nodes;
      for (Open& input : inputs_) {
        if (std::find(before.begin(), before.end(), input.node) != before.end()) continue;
        input.has_partner = output.has_partner = true;
      }
    }
  }

  static std::vector<std::string> with_partner(const std::vector<Open>& side) {
    std::vector<std::string> names;
    for (const Open& one : side) {
      if (one.has_partner) names.push_back(one.written);
    }
    return names;
  }

  void report(const std::vector<Open>& side, bool with_partners, const std::vector<std::string>& others) {
    for (const Open& one : side) {
      if (one.has_partner && !with_partners) continue;
      const DraftNode& node = draft_.nodes[one.node];
      std::string sentence = one.what + "; " + one.remedy;
      if (one.has_partner && !others.empty()) {
        sentence += "; " + quoted_list(others) + (others.size() == 1 ? " has" : " have") + " none either";
      }
      diagnostics_.error(one.code, node.spec->name.place, node.subject(), std::move(sentence));
    }
  }

  const Draft& draft_;
  Diagnostics& diagnostics_;
  std::vector<Open> outputs_;  ///< and nodes without any edge, but sinks
  std::vector<Open> inputs_;   ///< and sinks without any edge
};

}  // namespace

void check_wiring(const Draft& draft, Diagnostics& diagnostics) { Wiring(draft, diagnostics).check(); }

}  // namespace sluice::engine
