// SPDX-License-Identifier: Apache-2.0
// How batches move through a stage: from an output port over direct and buffered edges, into nodes, past what is parked
// and into dead letters. The loop that calls this is in stage.cpp.
#include <algorithm>

#include "runtime/graph_runtime.hpp"
#include "runtime/scheduling_point.hpp"
#include "runtime/stage.hpp"
#include "sluice/result.hpp"

namespace sluice::engine {

using records::HostBatch;

namespace {

constexpr uint32_t batches_a_turn = 64;

}  // namespace

// What a batch meets at every direct hop stands in few frames, and what it seldom meets apart: deep chains of calls
// cost more than the work in them.
inline void Stage::call_process(NodeRuntime& node, uint32_t port, HostBatch* take) {
  node.counters.in_records.add(take->count);
  node.counters.in_batches.add(1);
  clock_.worked(take->count);
  if (node.is_sink) node.in_flight.fetch_add(1, std::memory_order_relaxed);
  sluice_error error;
  error.struct_size = sizeof error;
  error.category = SLUICE_BUG;
  error.code[0] = error.message[0] = '\0';
  if (node.process(node.handle, port, take, &error) != SLUICE_OK) fail(node, error);
}

void Stage::emit(NodeRuntime& from, uint32_t port, HostBatch* take) {
  if (take->count == 0) {
    records::free_take(take);
    return;
  }
  const auto& edges = from.edges_of_port[port];
  if (edges.empty()) {
    graph_.verdicts().discard(from, take, "port_not_wired");
    return;
  }
  from.counters.out_records.add(take->count);
  from.counters.out_batches.add(1);
  if (from.holds && take->since_ns != 0) from.held.add_own(clock_.recent() - take->since_ns, take->count);
  if (edges.size() > 1) emit_copies(from, edges, *take);
  hand_over(*edges.back(), take);
}

/// One for each edge but the last, which gets the batch itself.
void Stage::emit_copies(NodeRuntime& from, const std::vector<EdgeRuntime*>& edges, const HostBatch& batch) {
  for (size_t i = 0; i + 1 < edges.size(); ++i) {
    HostBatch* copied = records::copy(batch);
    from.counters.made.fetch_add(copied->count, std::memory_order_relaxed);
    from.counters.out_records.add(copied->count);
    hand_over(*edges[i], copied);
  }
}

inline void Stage::hand_over(EdgeRuntime& edge, HostBatch* take) {
  edge.from_node.add(take->count);
  edge.in_batches.add(1);
  if (edge.path != 0) {
    for (records::Run& run : take->runs) run.path = edge.path;
  }
  if (edge.is_timed) {
    take->since_ns = clock_.recent();
    take->came_by = edge.index;
  }
  if (edge.account != nullptr) take_over(edge, *take);
  // Behind what is parked there is no overtaking.
  if ((!parked_.empty() && is_parked(edge)) || !try_hand_over(edge, take)) park(edge, take);
}

/// The edge takes the records over: upstream is answered, and a new account begins.
void Stage::take_over(EdgeRuntime& edge, HostBatch& batch) {
  const records::Runs upstream = batch.runs;
  const int64_t now_ns = clock_.recent();
  records::SourceBatch* own = edge.account->begin(batch.count, records::payload_bytes(batch), now_ns);
  // What was true of a record's path stays true: its dead letter, and whether it is one.
  batch.runs.clear();
  for (const records::Run& run : upstream) {
    if (run.records != 0) batch.runs.push_back({own, run.records, run.records, run.path, run.is_dead});
  }
  records::settle_runs(upstream, records::Verdict::accepted, now_ns);
}

void Stage::park(EdgeRuntime& edge, HostBatch* take) {
  edge.parked.add(take->count);
  parked_.push_back({&edge, take, 0});
  parked_since_asking_ = true;
}

/// False when the edge has no room; `take` is then what remains to be parked.
inline bool Stage::try_hand_over(EdgeRuntime& edge, HostBatch*& take) {
  if (edge.queue == nullptr) {
    NodeRuntime& to = *edge.target;
    if (is_broken_ || (to.is_sink && !to.has_room())) return false;
    edge.out_records.add(take->count);
    call_process(to, edge.to_port, take);
    return true;
  }
  reach(SchedulingPoint::queue_push);
  const EdgeQueue::Pushed pushed = edge.queue->push(take);
  graph_.verdicts().settle_losers(edge, pushed);
  take = pushed.rest;
  return take == nullptr;
}

bool Stage::run_queues_once() {
  uint32_t handed_over = 0;
  bool is_empty = false;
  while (handed_over < batches_a_turn && has_room_but_for_holds()) {
    // A hold turns records away and no markers: without them a run does not end.
    const bool is_on_hold = has_hold();
    HostBatch* batch = nullptr;
    EdgeRuntime* input = nullptr;
    for (size_t tried = 0; tried < inputs_.size() && batch == nullptr; ++tried) {
      input = inputs_[next_input_];
      next_input_ = (next_input_ + 1) % inputs_.size();
      if (!is_on_hold || input->queue->is_marker_next()) batch = input->queue->pop();
    }
    is_empty = batch == nullptr;
    if (is_empty) break;
    reach(SchedulingPoint::queue_pop);
    ++handed_over;
    if (batch->is_flush_marker) {
      const uint32_t why = batch->flush_reason;
      records::free_take(batch);
      flush_node(input->to, why);
      graph_.ending().marker_was_served();
    } else {
      take_from(*input, batch);
    }
    if (is_broken_) break;
  }
  for (EdgeRuntime* input : inputs_) input->queue->tell_room();
  if (is_empty && graph_.ending().take(owed_flush_)) {
    flush_node(head_.index, SLUICE_FLUSH_DEAD_LETTER);
    graph_.ending().marker_was_served();
  }
  return handed_over > 0;
}

void Stage::take_from(EdgeRuntime& input, HostBatch* take) {
  if (input.dead_letter != nullptr) graph_.ending().dead_letter_was_taken(owed_flush_);
  input.out_records.add(take->count);
  const int64_t now_ns = clock_.recent();
  input.waiting.add_own(now_ns - take->since_ns, take->count);
  take->since_ns = now_ns;
  take->came_by = input.index;
  call_process(*input.target, input.to_port, take);
}

bool Stage::is_parked(const EdgeRuntime& edge) const {
  return std::any_of(parked_.begin(), parked_.end(), [&](const Parked& parked) { return parked.edge == &edge; });
}

bool Stage::push_parked() {
  parked_since_asking_ = false;
  if (parked_.empty()) return true;
  std::vector<Parked> waiting;
  waiting.swap(parked_);
  for (Parked& parked : waiting) {
    if (is_parked(*parked.edge)) {
      parked_.push_back(parked);
      continue;
    }
    const uint64_t before = parked.batch->count;
    if (parked.edge->queue != nullptr) parked.edge->queue->ask_for_wake();
    const bool is_through = try_hand_over(*parked.edge, parked.batch);
    parked.edge->parked.subtract(before - (is_through ? 0 : parked.batch->count));
    if (!is_through) {
      parked_.push_back(parked);
    } else if (parked.marker_behind != 0) {
      mark(*parked.edge, parked.marker_behind);
      graph_.ending().marker_was_served();
    }
  }
  return parked_.empty();
}

void Stage::take_rejected(HostBatch* take) {
  {
    const std::lock_guard lock(rejected_mutex_);
    rejected_.push_back(take);
  }
  has_rejected_.store(true, std::memory_order_seq_cst);
  waker_.wake();
}

bool Stage::serve_rejected() {
  if (!has_rejected_.load(std::memory_order_seq_cst)) return true;
  std::vector<HostBatch*> batches;
  {
    const std::lock_guard lock(rejected_mutex_);
    batches.swap(rejected_);
  }
  size_t served = 0;
  for (; served < batches.size(); ++served) {
    HostBatch* batch = batches[served];
    EdgeRuntime& edge = graph_.dead_letter(batch->runs.front().path);
    for (records::Run& run : batch->runs) run.is_dead = 1;
    edge.queue->ask_for_wake();
    const uint64_t count = batch->count;
    reach(SchedulingPoint::queue_push);
    const EdgeQueue::Pushed pushed = edge.queue->push(batch);
    graph_.verdicts().settle_losers(edge, pushed);
    edge.from_rejects.fetch_add(count - (pushed.rest == nullptr ? 0 : pushed.rest->count), std::memory_order_relaxed);
    if (pushed.rest != nullptr) {
      batches[served] = pushed.rest;
      break;
    }
  }
  const std::lock_guard lock(rejected_mutex_);
  rejected_.insert(rejected_.begin(), batches.begin() + static_cast<std::ptrdiff_t>(served), batches.end());
  has_rejected_.store(!rejected_.empty(), std::memory_order_release);
  return rejected_.empty();
}

void Stage::flush_from(const NodeRuntime& node, uint32_t why) {
  for (const auto& edges : node.edges_of_port) {
    for (EdgeRuntime* edge : edges) mark(*edge, why);
  }
}

void Stage::mark(EdgeRuntime& edge, uint32_t why) {
  const auto last = std::find_if(parked_.rbegin(), parked_.rend(), [&](const Parked& p) { return p.edge == &edge; });
  if (last != parked_.rend()) {
    if (last->marker_behind == 0) graph_.ending().marker_sets_out();
    last->marker_behind = std::max(last->marker_behind, why);
  } else if (edge.queue != nullptr) {
    graph_.ending().marker_sets_out();
    edge.queue->push_flush_marker(why);
  } else {
    flush_node(edge.to, why);
  }
}

void Stage::flush_node(size_t index, uint32_t why) {
  if (is_broken_) return;
  NodeRuntime& node = graph_.node(index);
  sluice_error error = empty_error();
  if (node.plan.type->flush != nullptr && node.plan.type->flush(node.handle, why, &error) != SLUICE_OK) {
    fail(node, error);
    return;
  }
  flush_from(node, why);
}

}  // namespace sluice::engine
