// SPDX-License-Identifier: Apache-2.0
#include "runtime/source_head.hpp"

#include <algorithm>

#include "graph/routes.hpp"
#include "runtime/graph_runtime.hpp"
#include "runtime/stage.hpp"
#include "sluice/result.hpp"

namespace sluice::engine {
namespace {

constexpr int64_t commit_retry_ns = 1'000'000'000;
constexpr int64_t starved_most_ns = 1'000'000'000;
constexpr int64_t starved_though_busy_most_ns = 10 * starved_most_ns;
constexpr uint64_t credit_records_most = 64 * 1024;

}  // namespace

void SourceHead::connect() {
  stage_.waker().set_poll_wake([this] { source_.plan.type->wake(source_.handle); });
  const Routes::Part& behind = graph_.plan().routes->behind_source(source_.index);
  for (const size_t node : behind.nodes) nodes_behind_.push_back(&graph_.node(node));
  for (const size_t edge : behind.edges) edges_behind_.push_back(&graph_.edge(edge));
  for (const size_t path : behind.paths) edges_behind_.push_back(&graph_.dead_letter(static_cast<uint16_t>(path)));
}

void SourceHead::delay_commits(int64_t now_ns) {
  commit_not_before_ns_.store(now_ns + commit_retry_ns, std::memory_order_relaxed);
}

void SourceHead::stop_if_requested() {
  if (!is_stop_requested_.load(std::memory_order_seq_cst) || is_stopped_) return;
  is_stopped_ = true;
  if (has_ended_) return;
  if (source_.plan.type->stop != nullptr) source_.plan.type->stop(source_.handle);
  stage_.flush_from(source_, graph_.ending().last_flush());
  graph_.ending().source_is_done(source_.ending_number);
}

void SourceHead::serve(int64_t now_ns) {
  serve_commits(now_ns);
  serve_revokes(now_ns);
  serve_starved(now_ns);
}

void SourceHead::serve_commits(int64_t now_ns) {
  if (!source_.account->takes_commits()) return;
  if (now_ns < commit_not_before_ns_.load(std::memory_order_relaxed)) return;
  while (const auto due = source_.account->next_commit()) {
    sluice_error error = empty_error();
    if (source_.plan.type->commit(source_.handle, due->partition, due->position, &error) != SLUICE_OK) {
      source_.account->committed(due->partition, due->position, false);
      graph_.log_said(source_, SLUICE_LOG_WARN, graph_.shown(error).message);
      delay_commits(now_ns);
      return;
    }
  }
}

void SourceHead::serve_revokes(int64_t now_ns) {
  if (!source_.account->has_revoked()) {
    revoke_deadline_ns_ = INT64_MAX;
    return;
  }
  if (revoke_deadline_ns_ == INT64_MAX) revoke_deadline_ns_ = now_ns + graph_.options().revoke_deadline_ns;
  // Once for each that is revoked while others still leave: what was absorbed of it can only go now.
  if (const uint64_t revocations = source_.account->revocations(); revocations != flushed_revocations_) {
    flushed_revocations_ = revocations;
    stage_.flush_from(source_, SLUICE_FLUSH_REVOKE);
  }
  while (const auto partition = source_.account->next_release(now_ns >= revoke_deadline_ns_)) {
    if (source_.plan.type->released != nullptr) source_.plan.type->released(source_.handle, *partition);
    graph_.ending().has_settled(*source_.account);
  }
}

/// A source at its bound may wait for what nodes hold back until more comes, be it one record that keeps the position:
/// then only the marker ends that, and one is enough until something settles. What merely is slow would have its
/// batches cut small by that, so it is given longer.
void SourceHead::serve_starved(int64_t now_ns) {
  if (!source_.is_starved.load(std::memory_order_seq_cst) || emits_no_more()) {
    starved_since_ns_ = 0;
    return;
  }
  if (starved_since_ns_ == 0) starved_since_ns_ = now_ns;
  const int64_t starved_ns = now_ns - starved_since_ns_;
  if (starved_ns < starved_most_ns || (starved_ns < starved_though_busy_most_ns && !all_behind_is_idle())) return;
  starved_since_ns_ = INT64_MAX;
  stage_.flush_from(source_, SLUICE_FLUSH_STARVED);
  for (EdgeRuntime* edge : edges_behind_) {
    if (edge->dead_letter != nullptr) stage_.mark(*edge, SLUICE_FLUSH_STARVED);
  }
}

/// Nothing waits in an edge, and no sink owns anything.
bool SourceHead::all_behind_is_idle() const {
  return std::none_of(nodes_behind_.begin(), nodes_behind_.end(),
                      [](const NodeRuntime* node) { return node->in_flight.load(std::memory_order_relaxed) > 0; }) &&
         std::all_of(edges_behind_.begin(), edges_behind_.end(), [](const EdgeRuntime* edge) {
           return edge->parked.load() == 0 && (edge->queue == nullptr || edge->queue->waiting_records() == 0);
         });
}

sluice_credit SourceHead::credit() {
  sluice_credit credit{};
  credit.struct_size = sizeof credit;
  if (emits_no_more() || source_.account->has_revoked() || !stage_.has_room()) return credit;
  const Bound& most = source_.plan.in_flight;
  uint64_t open_records = source_.account->open_records();
  uint64_t open_bytes = source_.account->unsettled_bytes();
  if (open_records >= most.records || open_bytes >= most.bytes) {
    source_.is_starved.store(true, std::memory_order_seq_cst);
    open_records = source_.account->open_records();
    open_bytes = source_.account->unsettled_bytes();
  }
  if (open_records >= most.records || open_bytes >= most.bytes) return credit;
  if (source_.is_starved.load(std::memory_order_relaxed)) source_.is_starved.store(false, std::memory_order_relaxed);
  credit.records = std::min(most.records - open_records, credit_records_most);
  credit.bytes = most.bytes - open_bytes;
  for (const EdgeRuntime* edge : stage_.outputs()) {
    const Bound room = edge->queue->room();
    credit.records = std::min(credit.records, std::max<uint64_t>(room.records, 1));
    credit.bytes = std::min(credit.bytes, std::max<uint64_t>(room.bytes, 1));
  }
  return credit;
}

AfterTurn SourceHead::poll(int64_t until_ns, Waiting waiting) {
  using What = AfterTurn::What;
  const AfterTurn wait{until_ns == 0 ? What::again : What::wait, until_ns};
  if (has_ended_) return wait;
  const sluice_credit most = credit();
  const uint64_t begun_before = source_.account->begun();
  const bool is_in_poll = stage_.waker().enter_poll();
  if (!is_in_poll || waiting == Waiting::outside) until_ns = 0;
  sluice_error error = empty_error();
  stage_.clock().forget();
  const int32_t polled = source_.plan.type->poll(source_.handle, &most, until_ns, &error);
  if (is_in_poll) stage_.waker().leave_poll();
  if (polled == SLUICE_ERROR) {
    stage_.fail(source_, error);
  } else if (polled == SLUICE_END) {
    stage_.flush_from(source_, SLUICE_FLUSH_END);
    has_ended_ = true;
    graph_.ending().source_is_done(source_.ending_number);
  } else if (waiting == Waiting::outside && source_.account->begun() == begun_before) {
    return wait;
  }
  return {What::again};
}

}  // namespace sluice::engine
