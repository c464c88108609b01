// SPDX-License-Identifier: Apache-2.0
// What a source may have unsettled at once: by default what edges, batches, sinks and dead letters behind it can hold
// up to the next relay, and never less than a sensible least.
#include <algorithm>

#include "graph/units.hpp"
#include "validate/steps.hpp"

namespace sluice::engine {
namespace {

constexpr Bound least{10'000, uint64_t{16} << 20};
// What a sink gets at once when nothing before it gathers batches.
constexpr Bound usual_batch{1'000, uint64_t{1} << 20};
constexpr uint64_t usual_record_bytes = 1024;

Bound batch_of(const DraftNode& node) {
  const auto records = static_cast<uint64_t>(std::max<int64_t>(node.fact(SLUICE_FACT_HOLDS_RECORDS), 0));
  const auto bytes = static_cast<uint64_t>(std::max<int64_t>(node.fact(SLUICE_FACT_HOLDS_BYTES), 0));
  return {records, bytes != 0 ? bytes : records * usual_record_bytes};
}

Bound dead_letter_bound(const DeadLetterSpec& spec) {
  Bound bound = PlanDeadLetter{}.bound;
  if (spec.buffer && spec.buffer->records) bound.records = spec.buffer->records->value;
  if (spec.buffer && spec.buffer->bytes) bound.bytes = spec.buffer->bytes->value;
  return bound;
}

struct Downstream {
  Bound holds;    ///< everything together
  Bound batches;  ///< what transforms hold back
  std::vector<size_t> buffers;
  std::vector<std::string> waiting;  ///< transforms that wait for their batch without a limit of time
  bool bytes_are_known = true;       ///< every transform that holds back says how many bytes
};

Downstream look_downstream(const Draft& draft, size_t source) {
  Downstream found;
  const auto add = [](Bound& sum, const Bound& more, uint64_t times) {
    sum.records += more.records * times;
    sum.bytes += more.bytes * times;
  };
  const std::vector<size_t> nodes = draft.topology.behind({source}, Topology::Over::dead_letters).nodes;
  Bound batch = usual_batch;
  for (const size_t index : nodes) {
    const DraftNode& node = draft.nodes[index];
    const Bound held = batch_of(node);
    if (held.records > 0) {
      add(found.batches, held, 1);
      found.bytes_are_known = found.bytes_are_known && node.fact(SLUICE_FACT_HOLDS_BYTES) > 0;
      if (node.fact(SLUICE_FACT_HOLDS_NS) == 0) found.waiting.push_back(node.name());
    }
    if (node.fact(SLUICE_FACT_ABSORBS) == 0) {
      batch.records = std::max(batch.records, held.records);
      batch.bytes = std::max(batch.bytes, held.bytes);
    }
    for (const size_t out : node.out) {
      const DraftEdge& edge = draft.edges[out];
      if (edge.is_buffered) {
        found.buffers.push_back(out);
        add(found.holds, edge.bound, 1);
      }
      if (edge.spec->dead_letter) add(found.holds, dead_letter_bound(*edge.spec->dead_letter), 1);
    }
  }
  add(found.holds, found.batches, 1);
  for (const size_t index : nodes) {
    const DraftNode& node = draft.nodes[index];
    if (!node.is_sink()) continue;
    add(found.holds, batch, static_cast<uint64_t>(std::max<int64_t>(node.fact(SLUICE_FACT_MAX_IN_FLIGHT), 1)));
  }
  return found;
}

void warn_of_buffers(const Draft& draft, const DraftNode& source, const Downstream& downstream,
                     Diagnostics& diagnostics) {
  const BoundsSpec& written = *source.spec->in_flight;
  for (const size_t index : downstream.buffers) {
    const DraftEdge& edge = draft.edges[index];
    // Of a buffer that others feed too, their records may be the rest.
    const std::vector<size_t> before = draft.topology.before(edge.from).nodes;
    const bool has_others = std::any_of(before.begin(), before.end(), [&](size_t node) {
      return draft.nodes[node].is_source() && draft.nodes[node].spec != source.spec;
    });
    if (has_others) continue;
    const auto warn = [&](const Placed<uint64_t>& limit, uint64_t bound, const std::string& text,
                          const std::string& of) {
      if (limit.value >= bound) return;
      diagnostics.warning(Code::in_flight_too_small, limit.place, source.subject(),
                          "in_flight allows " + text + " to be unsettled, so the buffer of " + of + " on \"" +
                              edge.name + "\" can never fill; raise in_flight, or lower the buffer");
    };
    if (written.records) {
      warn(*written.records, edge.bound.records, count_text(written.records->value) + " records",
           count_text(edge.bound.records) + " records");
    }
    if (written.bytes) {
      warn(*written.bytes, edge.bound.bytes, size_text(written.bytes->value), size_text(edge.bound.bytes));
    }
  }
}

/// Whether the batches can all fill.
bool check_batches(const DraftNode& source, const Downstream& downstream, Diagnostics& diagnostics) {
  if (downstream.waiting.empty()) return true;
  bool is_good = true;
  const BoundsSpec& written = *source.spec->in_flight;
  const auto report = [&](Place place, const std::string& limit, const std::string& needed) {
    is_good = false;
    diagnostics.error(Code::in_flight_too_small, place, source.subject(),
                      "in_flight allows " + limit + " to be unsettled, but the batches behind it hold " + needed +
                          ": " + quoted_list(downstream.waiting) +
                          " cannot fill, and the source would pause for a second each time; give it `within`, or raise "
                          "in_flight");
  };
  if (written.records && written.records->value < downstream.batches.records) {
    report(written.records->place, count_text(written.records->value) + " records",
           count_text(downstream.batches.records) + " records");
  }
  if (written.bytes && downstream.bytes_are_known && written.bytes->value < downstream.batches.bytes) {
    report(written.bytes->place, size_text(written.bytes->value), size_text(downstream.batches.bytes));
  }
  return is_good;
}

}  // namespace

void set_in_flight(Draft& draft, Diagnostics& diagnostics) {
  for (size_t i = 0; i < draft.nodes.size(); ++i) {
    DraftNode& node = draft.nodes[i];
    const std::optional<BoundsSpec>& written = node.spec->in_flight;
    if (!node.is_source()) {
      const size_t other = node.role == SLUICE_ROLE_RELAY_INPUT ? draft.giving(node.name()) : none;
      if (written && node.type != nullptr && other == none) {
        diagnostics.error(Code::unknown_option, written->place, node.subject(),
                          "in_flight bounds the unsettled records of a source, and \"" + node.name() +
                              "\" is not a source; remove it");
      }
      continue;
    }
    const Downstream downstream = look_downstream(draft, i);
    node.in_flight = {std::max(least.records, downstream.holds.records), std::max(least.bytes, downstream.holds.bytes)};
    if (!written) continue;
    if (written->records) node.in_flight.records = written->records->value;
    if (written->bytes) node.in_flight.bytes = written->bytes->value;
    if (check_batches(node, downstream, diagnostics)) warn_of_buffers(draft, node, downstream, diagnostics);
  }
}

}  // namespace sluice::engine
