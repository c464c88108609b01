// SPDX-License-Identifier: Apache-2.0
#include "runtime/stage.hpp"

#include <algorithm>

#include "runtime/graph_runtime.hpp"
#include "sluice/result.hpp"

namespace sluice::engine {
namespace {

using records::HostBatch;

constexpr int64_t housekeeping_ns = 1'000'000'000;
constexpr int64_t commit_retry_ns = 1'000'000'000;
constexpr uint32_t batches_a_turn = 64;
constexpr uint64_t credit_records_most = 64 * 1024;

}  // namespace

Stage::Stage(GraphRuntime& graph, const PlanStage& plan)
    : graph_(graph), plan_(plan), name_(graph.plan().nodes[plan.head].name), head_(graph.node(plan.head)) {
  for (const size_t index : plan.nodes) {
    NodeRuntime& node = graph.node(index);
    node.stage = this;
    if (node.plan.is_sink()) sinks_.push_back(&node);
  }
}

Stage::~Stage() {
  for (const Parked& parked : parked_) records::free_take(parked.batch);
  for (HostBatch* batch : rejected_) records::free_take(batch);
}

void Stage::connect() {
  for (EdgeRuntime& edge : graph_.edges()) {
    if (edge.queue == nullptr) continue;
    if (graph_.node(edge.to).stage == this) {
      inputs_.push_back(&edge);
      edge.queue->set_consumer(&waker_);
    }
    if (edge.plan == nullptr) {
      edge.queue->add_producer(&waker_);
    } else if (graph_.node(edge.plan->from).stage == this) {
      outputs_.push_back(&edge);
      edge.queue->add_producer(&waker_);
    }
  }
  if (head_.plan.is_source()) {
    waker_.set_poll_wake([this] { head_.plan.type->wake(head_.handle); });
  }
}

void Stage::start() {
  thread_ = std::thread([this] {
    // Linux keeps 15 characters of a thread's name.
    pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
    run();
  });
}

void Stage::request_drain() {
  drain_requested_.store(true, std::memory_order_seq_cst);
  waker_.wake();
}

void Stage::request_quit() {
  quit_requested_.store(true, std::memory_order_seq_cst);
  waker_.wake();
}

void Stage::join() {
  if (thread_.joinable()) thread_.join();
  waker_.end_poll_wakes();
}

void Stage::run() {
  if (!start_nodes()) return;
  while (!quit_requested_.load(std::memory_order_seq_cst)) {
    waker_.clear();
    if (drain_requested_.load(std::memory_order_seq_cst) && !is_draining_) begin_drain();
    if (is_broken_) {
      waker_.wait_until(monotonic_ns() + housekeeping_ns);
      continue;
    }
    timers_wait_for_room_ = true;
    if (push_parked() && serve_rejected()) {
      timers_wait_for_room_ = false;
      serve_timers();
    }
    if (head_.plan.is_source()) {
      serve_commits(head_);
      serve_revokes(head_);
      run_source_once();
    } else if (!run_queues_once()) {
      waker_.wait_until(next_wake_ns());
    }
  }
}

bool Stage::start_nodes() {
  for (auto it = plan_.nodes.rbegin(); it != plan_.nodes.rend(); ++it) {
    NodeRuntime& node = graph_.node(*it);
    if (node.plan.type->start == nullptr) continue;
    sluice_error error = empty_error();
    if (node.plan.type->start(node.handle, &error) != SLUICE_OK) {
      graph_.stop_with(node, from_abi(error));
      return false;
    }
  }
  has_started_.store(true, std::memory_order_release);
  graph_.something_changed();
  return true;
}

void Stage::fail(NodeRuntime& node, const sluice_error& error) {
  is_broken_ = true;
  graph_.stop_with(node, from_abi(error));
}

int64_t Stage::next_wake_ns() const {
  int64_t next = monotonic_ns() + housekeeping_ns;
  if (revoke_deadline_ns_ != 0) next = std::min(next, revoke_deadline_ns_);
  if (timers_wait_for_room_) return next;
  for (const size_t index : plan_.nodes) {
    const int64_t deadline = graph_.node(index).timer_deadline_ns;
    if (deadline != 0) next = std::min(next, deadline);
  }
  return next;
}

void Stage::serve_timers() {
  bool any = false;
  for (const size_t index : plan_.nodes) any = any || graph_.node(index).timer_deadline_ns != 0;
  if (!any) return;
  const int64_t now_ns = monotonic_ns();
  for (const size_t index : plan_.nodes) {
    NodeRuntime& node = graph_.node(index);
    if (node.timer_deadline_ns == 0 || node.timer_deadline_ns > now_ns) continue;
    timers_wait_for_room_ = !has_room();
    if (timers_wait_for_room_) return;
    node.timer_deadline_ns = 0;
    sluice_error error = empty_error();
    if (node.plan.type->timer != nullptr && node.plan.type->timer(node.handle, now_ns, &error) != SLUICE_OK) {
      fail(node, error);
      return;
    }
  }
}

bool Stage::has_room() {
  if (!parked_.empty() || has_rejected_.load(std::memory_order_seq_cst)) return false;
  for (EdgeRuntime* edge : outputs_) {
    if (edge->queue->has_room()) continue;
    edge->queue->ask_for_wake();
    if (!edge->queue->has_room()) return false;
  }
  // A sink that settles wakes its stage, and so does one that ends its hold.
  return std::all_of(sinks_.begin(), sinks_.end(), [](const NodeRuntime* sink) { return sink->has_room(); });
}

sluice_credit Stage::credit_for(NodeRuntime& source) {
  sluice_credit credit{};
  credit.struct_size = sizeof credit;
  if (is_draining_ || source_has_ended() || source.account->has_revoked() || !has_room()) return credit;
  const Bound& most = source.plan.in_flight;
  uint64_t open_records = source.account->unsettled_records();
  uint64_t open_bytes = source.account->unsettled_bytes();
  if (open_records >= most.records || open_bytes >= most.bytes) {
    source.is_starved.store(true, std::memory_order_seq_cst);
    open_records = source.account->unsettled_records();
    open_bytes = source.account->unsettled_bytes();
  }
  if (open_records >= most.records || open_bytes >= most.bytes) return credit;
  credit.records = std::min(most.records - open_records, credit_records_most);
  credit.bytes = most.bytes - open_bytes;
  for (const EdgeRuntime* edge : outputs_) {
    const Bound room = edge->queue->room();
    credit.records = std::min(credit.records, std::max<uint64_t>(room.records, 1));
    credit.bytes = std::min(credit.bytes, std::max<uint64_t>(room.bytes, 1));
  }
  return credit;
}

void Stage::run_source_once() {
  const sluice_credit credit = credit_for(head_);
  if (source_has_ended()) {
    waker_.wait_until(next_wake_ns());
    return;
  }
  const bool may_wait = waker_.enter_poll();
  sluice_error error = empty_error();
  const int32_t polled = head_.plan.type->poll(head_.handle, &credit, may_wait ? next_wake_ns() : 0, &error);
  if (may_wait) waker_.leave_poll();
  if (polled == SLUICE_ERROR) {
    fail(head_, error);
  } else if (polled == SLUICE_END) {
    flush_from(head_);
    source_has_ended_.store(true, std::memory_order_release);
    graph_.something_changed();
  }
}

// What a batch meets at every direct hop stands in few frames, and what it seldom meets apart: deep chains of calls
// cost more than the work in them.
inline void Stage::call_process(NodeRuntime& node, uint32_t port, HostBatch* take) {
  node.counters.in_records.add(take->count);
  node.counters.in_batches.add(1);
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
    graph_.discard(from, take, "port_not_wired");
    return;
  }
  from.counters.out_records.add(take->count);
  from.counters.out_batches.add(1);
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
  edge.in_records.store(edge.in_records.load(std::memory_order_relaxed) + take->count, std::memory_order_relaxed);
  edge.in_batches.store(edge.in_batches.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  if (edge.path != 0) {
    for (records::Run& run : take->runs) run.path = edge.path;
  }
  if (edge.account != nullptr) take_over(edge, *take);
  // Behind what is parked there is no overtaking.
  if ((!parked_.empty() && is_parked(edge)) || !try_hand_over(edge, take)) park(edge, take);
}

/// The edge takes the records over: upstream is answered, and a new account begins.
void Stage::take_over(EdgeRuntime& edge, HostBatch& batch) {
  const auto upstream = batch.runs;
  records::SourceBatch* own = edge.account->begin(batch.count, records::payload_bytes(batch));
  // What was true of a record's path stays true: its dead letter, and whether it is one.
  batch.runs.clear();
  for (const records::Run& run : upstream) {
    if (run.records != 0) batch.runs.push_back({own, run.records, run.records, run.path, run.is_dead});
  }
  for (const records::Run& run : upstream) run.source->settle(run.parts, records::Verdict::accepted);
}

void Stage::park(EdgeRuntime& edge, HostBatch* take) {
  edge.parked.add(take->count);
  parked_.push_back({&edge, take, false});
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
  const EdgeQueue::Pushed pushed = edge.queue->push(take);
  graph_.settle_losers(edge, pushed);
  take = pushed.rest;
  return take == nullptr;
}

bool Stage::run_queues_once() {
  uint32_t handed_over = 0;
  bool is_empty = false;
  while (handed_over < batches_a_turn && has_room()) {
    HostBatch* batch = nullptr;
    EdgeRuntime* input = nullptr;
    for (size_t tried = 0; tried < inputs_.size() && batch == nullptr; ++tried) {
      input = inputs_[next_input_];
      next_input_ = (next_input_ + 1) % inputs_.size();
      batch = input->queue->pop();
    }
    is_empty = batch == nullptr;
    if (is_empty) break;
    ++handed_over;
    if (batch->is_flush_marker) {
      records::free_take(batch);
      flush_node(input->to);
    } else {
      took_dead_letters_ = took_dead_letters_ || input->dead_letter != nullptr;
      input->out_records.add(batch->count);
      call_process(*input->target, input->to_port, batch);
    }
    if (is_broken_) break;
  }
  if (is_empty && took_dead_letters_ && graph_.wants_quiet()) {
    took_dead_letters_ = false;
    flush_node(head_.index);
  }
  return handed_over > 0;
}

bool Stage::is_parked(const EdgeRuntime& edge) const {
  return std::any_of(parked_.begin(), parked_.end(), [&](const Parked& parked) { return parked.edge == &edge; });
}

bool Stage::push_parked() {
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
    } else if (parked.has_marker_behind) {
      mark(*parked.edge);
    }
  }
  return parked_.empty();
}

void Stage::delay_commits() {
  commit_not_before_ns_.store(monotonic_ns() + commit_retry_ns, std::memory_order_relaxed);
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
    const EdgeQueue::Pushed pushed = edge.queue->push(batch);
    graph_.settle_losers(edge, pushed);
    edge.in_records.fetch_add(count - (pushed.rest == nullptr ? 0 : pushed.rest->count), std::memory_order_relaxed);
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

void Stage::begin_drain() {
  is_draining_ = true;
  if (!head_.plan.is_source()) return;
  if (!source_has_ended()) {
    if (head_.plan.type->stop != nullptr) head_.plan.type->stop(head_.handle);
    flush_from(head_);
  }
  has_marked_.store(true, std::memory_order_release);
  graph_.something_changed();
}

void Stage::flush_from(const NodeRuntime& node) {
  for (const auto& edges : node.edges_of_port) {
    for (EdgeRuntime* edge : edges) mark(*edge);
  }
}

/// Sends the flush marker along an edge, behind everything that went there before.
void Stage::mark(EdgeRuntime& edge) {
  const auto last = std::find_if(parked_.rbegin(), parked_.rend(), [&](const Parked& p) { return p.edge == &edge; });
  if (last != parked_.rend()) {
    last->has_marker_behind = true;
  } else if (edge.queue != nullptr) {
    edge.queue->push_flush_marker();
  } else {
    flush_node(edge.to);
  }
}

void Stage::flush_node(size_t index) {
  if (is_broken_) return;
  NodeRuntime& node = graph_.node(index);
  sluice_error error = empty_error();
  if (node.plan.type->flush != nullptr && node.plan.type->flush(node.handle, &error) != SLUICE_OK) {
    fail(node, error);
    return;
  }
  flush_from(node);
}

void Stage::serve_commits(NodeRuntime& source) {
  if (!source.account->takes_commits()) return;
  const int64_t not_before_ns = commit_not_before_ns_.load(std::memory_order_relaxed);
  if (not_before_ns != 0 && monotonic_ns() < not_before_ns) return;
  while (const auto due = source.account->next_commit()) {
    sluice_error error = empty_error();
    if (source.plan.type->commit(source.handle, due->partition, due->position, &error) != SLUICE_OK) {
      source.account->committed(due->partition, due->position, false);
      graph_.log(source, SLUICE_LOG_WARN, from_abi(error).message);
      delay_commits();
      return;
    }
  }
}

void Stage::serve_revokes(NodeRuntime& source) {
  if (!source.account->has_revoked()) {
    revoke_deadline_ns_ = 0;
    return;
  }
  const int64_t now_ns = monotonic_ns();
  if (revoke_deadline_ns_ == 0) {
    revoke_deadline_ns_ = now_ns + graph_.options().revoke_deadline_ns;
    flush_from(source);
  }
  while (const auto partition = source.account->next_release(now_ns >= revoke_deadline_ns_)) {
    if (source.plan.type->released != nullptr) source.plan.type->released(source.handle, *partition);
  }
}

}  // namespace sluice::engine
