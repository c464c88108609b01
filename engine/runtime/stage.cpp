// SPDX-License-Identifier: Apache-2.0
#include "runtime/stage.hpp"

#include <algorithm>

#include "runtime/graph_runtime.hpp"
#include "sluice/resource_limit.hpp"
#include "sluice/result.hpp"

namespace sluice::engine {
namespace {

using records::HostBatch;

constexpr int64_t housekeeping_ns = 1'000'000'000;
constexpr int64_t commit_retry_ns = 1'000'000'000;
constexpr int64_t starved_most_ns = 1'000'000'000;
constexpr int64_t starved_though_busy_most_ns = 10 * starved_most_ns;
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
    find_what_is_behind();
  }
}

Result<void> Stage::start() {
  is_running_.store(true, std::memory_order_release);
  try {
    thread_ = std::thread([this] {
      // Linux keeps 15 characters of a thread's name.
      pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
      run();
      is_running_.store(false, std::memory_order_release);
      graph_.something_changed();
    });
  } catch (const std::exception& error) {
    is_running_.store(false, std::memory_order_release);
    return current_resource_limit().value_or(operator_needed(error.what()));
  }
  return {};
}

void Stage::request_source_stop() {
  source_stop_requested_.store(true, std::memory_order_seq_cst);
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
  clock_.adopt();
  for (;;) {
    // First of all: a request that came before this is seen below, one that comes after wakes.
    waker_.clear();
    clock_.forget();
    turns_.add(1);
    if (quit_requested_.load(std::memory_order_seq_cst)) return;
    if (source_stop_requested_.load(std::memory_order_seq_cst) && !source_is_stopped_) stop_source();
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
      serve_starved(head_);
      run_source_once();
    } else if (!run_queues_once() && !parked_since_asking_) {
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
      graph_.stop_with(node, graph_.shown(error));
      return false;
    }
  }
  has_started_.store(true, std::memory_order_release);
  graph_.something_changed();
  return true;
}

void Stage::fail(NodeRuntime& node, const sluice_error& error) {
  is_broken_ = true;
  graph_.stop_with(node, graph_.shown(error));
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

bool Stage::has_hold() const {
  return std::any_of(sinks_.begin(), sinks_.end(), [](const NodeRuntime* sink) { return sink->is_on_hold.load(); });
}

bool Stage::has_room_but_for_holds() {
  if (!parked_.empty() || has_rejected_.load(std::memory_order_seq_cst)) return false;
  for (EdgeRuntime* edge : outputs_) {
    if (edge->queue->has_room()) continue;
    edge->queue->ask_for_wake();
    if (!edge->queue->has_room()) return false;
  }
  // A sink that settles wakes its stage, and so does one that ends its hold.
  return std::none_of(sinks_.begin(), sinks_.end(), [](const NodeRuntime* sink) { return sink->is_full(); });
}

sluice_credit Stage::credit_for(NodeRuntime& source) {
  sluice_credit credit{};
  credit.struct_size = sizeof credit;
  if (source_is_stopped_ || source_has_ended_ || source.account->has_revoked() || !has_room()) return credit;
  const Bound& most = source.plan.in_flight;
  uint64_t open_records = source.account->open_records();
  uint64_t open_bytes = source.account->unsettled_bytes();
  if (open_records >= most.records || open_bytes >= most.bytes) {
    source.is_starved.store(true, std::memory_order_seq_cst);
    open_records = source.account->open_records();
    open_bytes = source.account->unsettled_bytes();
  }
  if (open_records >= most.records || open_bytes >= most.bytes) return credit;
  if (source.is_starved.load(std::memory_order_relaxed)) source.is_starved.store(false, std::memory_order_relaxed);
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
  if (source_has_ended_) {
    if (!parked_since_asking_) waker_.wait_until(next_wake_ns());
    return;
  }
  const bool is_in_poll = waker_.enter_poll();
  const bool may_wait = is_in_poll && !parked_since_asking_;
  sluice_error error = empty_error();
  clock_.forget();
  const int32_t polled = head_.plan.type->poll(head_.handle, &credit, may_wait ? next_wake_ns() : 0, &error);
  if (is_in_poll) waker_.leave_poll();
  if (polled == SLUICE_ERROR) {
    fail(head_, error);
  } else if (polled == SLUICE_END) {
    flush_from(head_);
    source_has_ended_ = true;
    graph_.ending().source_is_done(head_.ending_number);
  }
}

void Stage::delay_commits() {
  commit_not_before_ns_.store(monotonic_ns() + commit_retry_ns, std::memory_order_relaxed);
}

void Stage::stop_source() {
  source_is_stopped_ = true;
  if (source_has_ended_) return;
  if (head_.plan.type->stop != nullptr) head_.plan.type->stop(head_.handle);
  flush_from(head_);
  graph_.ending().source_is_done(head_.ending_number);
}

void Stage::serve_commits(NodeRuntime& source) {
  if (!source.account->takes_commits()) return;
  const int64_t not_before_ns = commit_not_before_ns_.load(std::memory_order_relaxed);
  if (not_before_ns != 0 && monotonic_ns() < not_before_ns) return;
  while (const auto due = source.account->next_commit()) {
    sluice_error error = empty_error();
    if (source.plan.type->commit(source.handle, due->partition, due->position, &error) != SLUICE_OK) {
      source.account->committed(due->partition, due->position, false);
      graph_.log(source, SLUICE_LOG_WARN, graph_.shown(error).message);
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
    graph_.ending().has_settled(*source.account);
  }
}

void Stage::find_what_is_behind() {
  std::vector<bool> has_node(graph_.plan().nodes.size(), false);
  std::vector<bool> has_edge(graph_.edges().size(), false);
  std::vector<size_t> next{head_.index};
  const auto take = [&](EdgeRuntime& edge) {
    if (has_edge[edge.index]) return;
    has_edge[edge.index] = true;
    edges_behind_.push_back(&edge);
    next.push_back(edge.to);
  };
  while (!next.empty()) {
    const size_t index = next.back();
    next.pop_back();
    if (has_node[index]) continue;
    has_node[index] = true;
    nodes_behind_.push_back(&graph_.node(index));
    for (const auto& edges : graph_.node(index).edges_of_port) {
      for (EdgeRuntime* edge : edges) {
        take(*edge);
        if (edge->path != 0) take(graph_.dead_letter(edge->path));
      }
    }
  }
}

/// Nothing waits in an edge, and no sink owns anything.
bool Stage::all_behind_is_idle() const {
  return std::none_of(nodes_behind_.begin(), nodes_behind_.end(),
                      [](const NodeRuntime* node) { return node->in_flight.load(std::memory_order_relaxed) > 0; }) &&
         std::all_of(edges_behind_.begin(), edges_behind_.end(), [](const EdgeRuntime* edge) {
           return edge->parked.load() == 0 && (edge->queue == nullptr || edge->queue->waiting_records() == 0);
         });
}

/// A source at its bound may wait for what nodes hold back until more comes, be it one record that keeps the position:
/// then only the marker ends that, and one is enough until something settles. What merely is slow would have its
/// batches cut small by that, so it is given longer.
void Stage::serve_starved(NodeRuntime& source) {
  if (!source.is_starved.load(std::memory_order_seq_cst) || source_is_stopped_ || source_has_ended_) {
    starved_since_ns_ = 0;
    return;
  }
  const int64_t now_ns = monotonic_ns();
  if (starved_since_ns_ == 0) starved_since_ns_ = now_ns;
  const int64_t starved_ns = now_ns - starved_since_ns_;
  if (starved_ns < starved_most_ns || (starved_ns < starved_though_busy_most_ns && !all_behind_is_idle())) return;
  starved_since_ns_ = INT64_MAX;
  flush_from(source);
  for (EdgeRuntime* edge : edges_behind_) {
    if (edge->dead_letter != nullptr) mark(*edge);
  }
}

}  // namespace sluice::engine
