// SPDX-License-Identifier: Apache-2.0
// How a run ends: stages leave their loops, then nodes close, all under one deadline. Plugins talk to servers there,
// and a server may be frozen: who does not return in time is left behind, named, and everything that it may still touch
// stays alive.
#include <algorithm>

#include "runtime/graph_runtime.hpp"

namespace sluice::engine {
namespace {

constexpr int64_t close_ns = 1'500'000'000;
constexpr int64_t close_without_deadline_ns = 10'000'000'000;
constexpr int64_t close_after_abort_ns = 600'000'000;
constexpr int64_t join_slice_ns = 20'000'000;

bool is_closing_still(const NodeRuntime& node) {
  return node.handle != nullptr && !node.is_left_behind && !node.is_closed.load(std::memory_order_acquire);
}

}  // namespace

GraphRuntime::~GraphRuntime() {
  if (phase_ == Phase::open) close_nodes();
  if (phase_ == Phase::claiming || phase_ == Phase::running) {
    request_abort();
    wait();
  }
  for (Stage& stage : stages_) executor_.join(stage, INT64_MAX);
  executor_.join_aside();
  for (NodeRuntime& node : nodes_) {
    if (node.is_left_behind && !node.is_closed.load()) node.plan.type->close(node.handle);
  }
  // From here on a plugin's late thread finds no graph.
  for (NodeRuntime& node : nodes_) node.context.gate.close();
}

void GraphRuntime::finish() {
  closing_since_ns_ = clock_.monotonic_ns();
  is_closing_.store(true, std::memory_order_release);
  for (Stage& stage : stages_) stage.request_quit();
  const auto have_ended = [this] {
    return std::all_of(stages_.begin(), stages_.end(), [](const Stage& stage) { return stage.has_ended(); });
  };
  // Half of the time at most, as their nodes are to close yet.
  wait_for_end(have_ended, closing_since_ns_ + (close_by_ns() - closing_since_ns_) / 2);
  close_nodes();
  catch_up_on_log(true);
  phase_ = Phase::ended;
}

/// A stop has until its drain's deadline and a moment more, a run that ends by itself some seconds; an abort no time.
int64_t GraphRuntime::close_by_ns() const {
  const int64_t drain_ns = options_.drain_deadline_ns;
  int64_t by_ns = closing_since_ns_ + std::min(drain_ns, close_without_deadline_ns) + close_ns;
  if (const int64_t stop_ns = stop_requested_ns_.load(); stop_ns != 0) {
    by_ns = std::min(by_ns, std::max(stop_ns + drain_ns, closing_since_ns_) + close_ns);
  }
  if (const int64_t abort_ns = abort_requested_ns_.load(); abort_ns != 0) {
    by_ns = std::min(by_ns, abort_ns + close_after_abort_ns);
  }
  return by_ns;
}

/// Waits until then at most, or until all of a run must have ended, which a request meanwhile may bring forward.
void GraphRuntime::wait_for_end(const std::function<bool()>& is_done, int64_t until_ns) {
  for (;;) {
    const uint64_t seen = bell_.rung();
    const int64_t end_ns = std::min(until_ns, close_by_ns());
    if (is_done() || clock_.monotonic_ns() >= end_ns) return;
    executor_.wait(bell_, seen, end_ns);
  }
}

void GraphRuntime::close_nodes() {
  if (closing_since_ns_ == 0) closing_since_ns_ = clock_.monotonic_ns();
  phase_ = Phase::ended;
  // Each stage is looked at once. One that ends later was not joined: another thread may be in a wake of its source.
  // False: another thread hangs in the wake of its source. In slices, as an abort meanwhile brings the end forward.
  const auto join = [this](Stage& stage) {
    const int64_t since_ns = clock_.monotonic_ns();
    for (;;) {
      const int64_t now_ns = clock_.monotonic_ns();
      const int64_t by_ns = since_ns + (close_by_ns() - since_ns) / 2;
      if (executor_.join(stage, std::min(by_ns, now_ns + join_slice_ns))) return true;
      if (now_ns >= by_ns) return false;
    }
  };
  for (Stage& stage : stages_) {
    const bool has_ended = stage.has_ended() && join(stage);
    for (NodeRuntime& node : nodes_) {
      if (!has_ended && node.stage == &stage && node.handle != nullptr) leave_behind(node);
    }
  }
  leave_asked_behind();
  for (int rank = 0; rank <= 2; ++rank) {
    const int64_t now_ns = clock_.monotonic_ns();
    const int64_t by_ns = close_by_ns();
    // Who takes too long in one rank leaves time for the next.
    close_side_by_side(rank, rank == 2 ? by_ns : now_ns + (by_ns - now_ns) / 2);
  }
  wait_for_end(
      [this] {
        return std::none_of(nodes_.begin(), nodes_.end(),
                            [](const NodeRuntime& node) { return is_closing_still(node); });
      },
      close_by_ns());
  for (NodeRuntime& node : nodes_) {
    if (is_closing_still(node)) leave_behind(node);
  }
  if (!left_behind().empty()) return;
  executor_.join_aside();
}

/// A node does not close while its plugin keeps its lock, or is asked what it stored last.
void GraphRuntime::leave_asked_behind() {
  claims_.give_up();
  const int64_t now_ns = clock_.monotonic_ns();
  wait_for_end([this] { return claims_.have_returned() && tails_.are_known(); }, now_ns + (close_by_ns() - now_ns) / 2);
  for (NodeRuntime& node : nodes_) {
    const bool has_returned = claims_.has_returned(node) && tails_.has_returned(node);
    if (!node.is_left_behind && !has_returned) leave_behind(node);
  }
}

void GraphRuntime::close_side_by_side(int rank, int64_t until_ns) {
  std::vector<NodeRuntime*> closing;
  for (NodeRuntime& node : nodes_) {
    if (node.closing_rank() == rank && is_closing_still(node)) closing.push_back(&node);
  }
  for (NodeRuntime* node : closing) {
    executor_.do_aside([this, node] {
      node->plan.type->close(node->handle);
      node->is_closed.store(true, std::memory_order_release);
      something_changed();
    });
  }
  wait_for_end(
      [&] {
        return std::none_of(closing.begin(), closing.end(),
                            [](const NodeRuntime* node) { return is_closing_still(*node); });
      },
      until_ns);
}

void GraphRuntime::leave_behind(NodeRuntime& node) {
  node.is_left_behind = true;
  const std::lock_guard lock(mutex_);
  left_behind_.push_back(node.plan.shown_name());
}

std::vector<std::string> GraphRuntime::left_behind() const {
  const std::lock_guard lock(mutex_);
  return left_behind_;
}

}  // namespace sluice::engine
