// SPDX-License-Identifier: Apache-2.0
// Cycles, and the stages: a head (a source, or a node whose inputs are all buffered) and all it reaches directly.
#include <algorithm>
#include <set>

#include "validate/steps.hpp"

namespace sluice::engine {
namespace {

/// Out of a sink or into a source: has been reported, and leads nowhere, whatever it closes.
bool is_impossible(const Draft& draft, const DraftEdge& edge) {
  return draft.nodes[edge.from].is_sink() || draft.nodes[edge.to].is_source();
}

enum class Mark : uint8_t { fresh, open, done };

class OrderFinder {
 public:
  OrderFinder(const Draft& draft, Diagnostics& diagnostics)
      : draft_(draft), diagnostics_(diagnostics), marks_(draft.nodes.size(), Mark::fresh) {}

  std::vector<size_t> find() {
    for (size_t i = 0; i < draft_.nodes.size(); ++i) visit(i);
    std::reverse(done_.begin(), done_.end());
    return has_cycle_ ? std::vector<size_t>() : done_;
  }

 private:
  struct Frame {
    size_t node;
    size_t next = 0;
  };

  // By hand, as a long chain would be deep.
  void visit(size_t root) {
    if (marks_[root] != Mark::fresh) return;
    path_.assign(1, {root});
    marks_[root] = Mark::open;
    while (!path_.empty()) {
      Frame& top = path_.back();
      const std::vector<size_t>& out = draft_.nodes[top.node].out;
      if (top.next == out.size()) {
        marks_[top.node] = Mark::done;
        done_.push_back(top.node);
        path_.pop_back();
        continue;
      }
      const size_t edge = out[top.next++];
      const size_t to = draft_.edges[edge].to;
      if (is_impossible(draft_, draft_.edges[edge])) continue;
      if (marks_[to] == Mark::open) {
        report(edge);
      } else if (marks_[to] == Mark::fresh) {
        marks_[to] = Mark::open;
        path_.push_back({to});
      }
    }
  }

  void report(size_t closing) {
    has_cycle_ = true;
    const DraftEdge& edge = draft_.edges[closing];
    std::string text;
    bool is_inside = false;
    for (const Frame& frame : path_) {
      is_inside = is_inside || frame.node == edge.to;
      if (is_inside) text += draft_.nodes[frame.node].name() + " -> ";
    }
    text += draft_.nodes[edge.to].name();
    diagnostics_.error(Code::cycle, edge.spec->from.place, edge.spec->subject(),
                       "the edges form a cycle: " + text + "; records would circulate forever, so remove one of them");
  }

  const Draft& draft_;
  Diagnostics& diagnostics_;
  std::vector<Mark> marks_;
  std::vector<Frame> path_;
  std::vector<size_t> done_;
  bool has_cycle_ = false;
};

std::vector<std::string> names_of(const Draft& draft, const std::set<size_t>& nodes) {
  std::vector<std::string> names;
  for (const size_t node : nodes) names.push_back(draft.nodes[node].name());
  return names;
}

/// An edge that names its own end has been reported.
bool takes_dead_letters(const Draft& draft, size_t node) {
  const auto& edges = draft.nodes[node].dead_letters;
  return std::any_of(edges.begin(), edges.end(), [&](size_t edge) { return draft.edges[edge].to != node; });
}

/// What a node leads to, the output half of its own relay included.
std::vector<std::pair<size_t, size_t>> successors(const Draft& draft, size_t node) {
  std::vector<std::pair<size_t, size_t>> found;  // node, edge
  for (const size_t edge : draft.nodes[node].out) {
    if (!is_impossible(draft, draft.edges[edge])) found.emplace_back(draft.edges[edge].to, edge);
  }
  if (draft.nodes[node].role == SLUICE_ROLE_RELAY_INPUT) {
    const size_t output = draft.giving(draft.nodes[node].name());
    if (output != none && output != node) found.emplace_back(output, none);
  }
  return found;
}

}  // namespace

void find_relay_cycle(Draft& draft) {
  struct Frame {
    size_t node;
    std::vector<std::pair<size_t, size_t>> next;
  };
  std::vector<Mark> marks(draft.nodes.size(), Mark::fresh);
  std::vector<Frame> path;
  const auto enter = [&](size_t node) {
    marks[node] = Mark::open;
    path.push_back({node, successors(draft, node)});
  };
  for (size_t root = 0; root < draft.nodes.size(); ++root) {
    if (marks[root] == Mark::fresh) enter(root);
    while (!path.empty()) {
      if (path.back().next.empty()) {
        marks[path.back().node] = Mark::done;
        path.pop_back();
        continue;
      }
      const auto [to, edge] = path.back().next.front();
      path.back().next.erase(path.back().next.begin());
      if (marks[to] == Mark::fresh) enter(to);
      if (marks[to] != Mark::open || to == path.back().node) continue;
      std::vector<size_t> cycle;
      bool has_relay = false;
      for (auto frame = path.rbegin(); frame != path.rend(); ++frame) {
        cycle.push_back(frame->node);
        has_relay = has_relay || draft.nodes[frame->node].role == SLUICE_ROLE_RELAY_INPUT;
        if (frame->node == to) break;
      }
      if (!has_relay || edge == none) continue;
      draft.relay_cycle.assign(cycle.rbegin(), cycle.rend());
      draft.closing_edge = edge;
      return;
    }
  }
}

bool is_cycle_to_blame(const Draft& draft, size_t node, Diagnostics& diagnostics) {
  if (std::find(draft.relay_cycle.begin(), draft.relay_cycle.end(), node) == draft.relay_cycle.end()) return false;
  std::string text;
  std::string last;
  std::string relay;
  for (const size_t index : draft.relay_cycle) {
    const DraftNode& one = draft.nodes[index];
    if (one.role == SLUICE_ROLE_RELAY_INPUT) relay = one.name();
    if (one.name() != last) text += one.name() + " -> ";
    last = one.name();
  }
  const DraftEdge& edge = draft.edges[draft.closing_edge];
  diagnostics.error(Code::cycle, edge.spec->from.place, edge.spec->subject(),
                    "the edges form a cycle through the relay \"" + relay + "\": " + text +
                        draft.nodes[draft.relay_cycle.front()].name() +
                        "; its records would be written and read again forever, so remove one of these edges");
  return true;
}

void find_order(Draft& draft, Diagnostics& diagnostics) { draft.order = OrderFinder(draft, diagnostics).find(); }

void find_stages(Draft& draft, Diagnostics& diagnostics) {
  for (const size_t index : draft.order) {
    DraftNode& node = draft.nodes[index];
    std::set<size_t> heads;
    std::vector<std::string> buffered;
    std::vector<std::string> direct;
    for (const size_t in : node.in) {
      const DraftEdge& edge = draft.edges[in];
      if (is_impossible(draft, edge)) continue;
      (edge.is_buffered ? buffered : direct).push_back(edge.name);
      if (!edge.is_buffered) heads.insert(draft.nodes[edge.from].head);
    }
    node.head = heads.empty() ? index : *heads.begin();
    const bool is_wrong = heads.size() > 1 || (!heads.empty() && !buffered.empty());
    if (is_wrong && is_cycle_to_blame(draft, index, diagnostics)) continue;
    if (heads.size() > 1) {
      diagnostics.error(Code::two_heads, node.spec->name.place, node.subject(),
                        "the node is reached without a buffer from the stages of " +
                            quoted_list(names_of(draft, heads)) + ", and two threads never call one node: give " +
                            quoted_list(direct) + " a buffer each");
    } else if (!heads.empty() && !buffered.empty()) {
      diagnostics.error(Code::two_heads, node.spec->name.place, node.subject(),
                        "the node is reached directly by " + quoted_list(direct) + " and by a buffer by " +
                            quoted_list(buffered) + ", and two threads never call one node: give " +
                            quoted_list(direct) + " a buffer too");
    } else if (!heads.empty() && node.is_sink() && takes_dead_letters(draft, index)) {
      diagnostics.error(Code::two_heads, node.spec->name.place, node.subject(),
                        "the node takes dead letters, which come by a buffer, and is reached directly by " +
                            quoted_list(direct) + "; two threads never call one node: give " + quoted_list(direct) +
                            " a buffer too");
    }
  }
}

}  // namespace sluice::engine
