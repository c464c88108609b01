// SPDX-License-Identifier: Apache-2.0
#include "runtime/stage.hpp"

#include <algorithm>

#include "runtime/graph_runtime.hpp"
#include "sluice/result.hpp"

namespace sluice::engine {
namespace {

using records::HostBatch;

constexpr int64_t housekeeping_ns = 1'000'000'000;

}  // namespace

Stage::Stage(GraphRuntime& graph, const PlanStage& plan)
    : graph_(graph),
      plan_(plan),
      name_(graph.plan().nodes[plan.head].name),
      head_(graph.node(plan.head)),
      clock_(graph.clock()) {
  for (const size_t index : plan.nodes) {
    NodeRuntime& node = graph.node(index);
    node.stage = this;
    if (node.plan.is_sink()) sinks_.push_back(&node);
  }
  if (head_.plan.is_source()) source_.emplace(graph, *this, head_);
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
  if (source_) source_->connect();
}

void Stage::leave() {
  is_entered_.store(false, std::memory_order_release);
  graph_.something_changed();
}

void Stage::request_source_stop() {
  source_->request_stop();
  wake_from_aside();
}

void Stage::request_quit() {
  quit_requested_.store(true, std::memory_order_seq_cst);
  wake_from_aside();
}

void Stage::wake_from_aside() {
  if (waker_.signal()) graph_.executor().do_aside([this] { waker_.wake_poll(); });
}

AfterTurn Stage::turn(int64_t now_ns, Waiting waiting) {
  using What = AfterTurn::What;
  const StageClock::Here here(clock_);
  turns_.add(1);
  if (quit_requested_.load(std::memory_order_seq_cst)) return {What::over};
  if (source_) source_->stop_if_requested();
  if (is_broken_) return {What::wait, now_ns + housekeeping_ns};
  timers_wait_for_room_ = true;
  if (push_parked() && serve_rejected()) {
    timers_wait_for_room_ = false;
    serve_timers(now_ns);
  }
  if (source_) {
    source_->serve(now_ns);
    return source_->poll(parked_since_asking_ ? 0 : next_wake_ns(now_ns), waiting);
  }
  if (run_queues_once() || parked_since_asking_) return {What::again};
  return {What::wait, next_wake_ns(now_ns)};
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

int64_t Stage::next_wake_ns(int64_t now_ns) const {
  int64_t next = now_ns + housekeeping_ns;
  if (source_) next = std::min(next, source_->deadline_ns());
  if (timers_wait_for_room_) return next;
  for (const size_t index : plan_.nodes) {
    const int64_t deadline = graph_.node(index).timer_deadline_ns;
    if (deadline != 0) next = std::min(next, deadline);
  }
  return next;
}

void Stage::serve_timers(int64_t now_ns) {
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

}  // namespace sluice::engine
