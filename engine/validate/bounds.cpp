// SPDX-License-Identifier: Apache-2.0
// Settings of one edge that contradict each other, or the nodes around it.
#include <algorithm>

#include "graph/units.hpp"
#include "validate/steps.hpp"

namespace sluice::engine {
namespace {

void check_needs_buffer(const DraftEdge& edge, Diagnostics& diagnostics) {
  if (edge.is_buffered) return;
  constexpr const char* what_to_do = ": add buffer: { records: 10k, bytes: 64MiB }, or remove the setting";
  if (edge.spec->when_full) {
    diagnostics.error(Code::buffer_needed, edge.spec->when_full->place, edge.spec->subject(),
                      std::string("when_full needs a buffer that can be full, and this edge has none") + what_to_do);
  }
  if (edge.commit == Commit::on_accept) {
    diagnostics.error(Code::buffer_needed, edge.spec->commit->place, edge.spec->subject(),
                      std::string("on_accept takes records over into a buffer, and this edge has none") + what_to_do);
  }
}

void check_accept(const Draft& draft, const DraftEdge& edge, Diagnostics& diagnostics) {
  if (edge.commit != Commit::on_accept) return;
  std::vector<size_t> before = draft.topology.before(edge.from).nodes;
  std::sort(before.begin(), before.end());
  for (const size_t index : before) {
    const DraftNode& source = draft.nodes[index];
    if (!source.is_source() || !source.described || source.fact(SLUICE_FACT_REPLAY) != SLUICE_REPLAY_NONE) {
      continue;
    }
    const std::string why = source.described->reason(SLUICE_FACT_REPLAY);
    diagnostics.error(Code::accept_without_replay, edge.spec->commit->place, edge.spec->subject(),
                      "on_accept answers a source early so that its position may move, and \"" + source.name() +
                          "\" has no position" + (why.empty() ? "" : " (" + why + ")") + "; remove it");
  }
}

/// The batches that a node makes travel on, through what it calls directly, to the next buffers.
void check_batches(const Draft& draft, size_t node, Diagnostics& diagnostics) {
  const DraftNode& batch = draft.nodes[node];
  const auto records = static_cast<uint64_t>(batch.fact(SLUICE_FACT_HOLDS_RECORDS));
  const auto bytes = static_cast<uint64_t>(batch.fact(SLUICE_FACT_HOLDS_BYTES));
  // What is absorbed does not travel on.
  if (records == 0 || batch.fact(SLUICE_FACT_ABSORBS) != 0) return;
  const auto goes_on = [&](size_t edge) {
    return !draft.edges[edge].is_buffered && draft.nodes[draft.edges[edge].to].fact(SLUICE_FACT_HOLDS_RECORDS) == 0;
  };
  for (const size_t index : draft.topology.edges_behind(node, goes_on)) {
    const DraftEdge& edge = draft.edges[index];
    if (!edge.is_buffered) continue;
    const bool too_many = records > edge.bound.records;
    if (!too_many && bytes <= edge.bound.bytes) continue;
    const std::string made = too_many ? count_text(records) + " records" : size_text(bytes);
    const std::string bound = too_many ? count_text(edge.bound.records) + " records" : size_text(edge.bound.bytes);
    const auto& written = too_many ? edge.spec->buffer->records : edge.spec->buffer->bytes;
    diagnostics.error(
        Code::batch_above_buffer, written ? written->place : edge.spec->buffer->place, edge.spec->subject(),
        "the batches of " + made + " that \"" + batch.name() + "\" makes do not fit into this buffer of " + bound +
            "; raise the buffer, or make the batches smaller");
  }
}

}  // namespace

void check_edges(const Draft& draft, Diagnostics& diagnostics) {
  for (const DraftEdge& edge : draft.edges) {
    check_needs_buffer(edge, diagnostics);
    check_accept(draft, edge, diagnostics);
  }
  for (size_t node = 0; node < draft.nodes.size(); ++node) check_batches(draft, node, diagnostics);
}

}  // namespace sluice::engine
