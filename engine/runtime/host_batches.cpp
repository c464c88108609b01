// SPDX-License-Identifier: Apache-2.0
// The host functions for batches and tokens, as abi.h declares them: any thread that owns one may call, also when the
// graph has gone. Then what they are given is moved or freed as ever, and nobody answers for it any more.
#include <fmt/format.h>

#include <memory>

#include "runtime/graph_runtime.hpp"
#include "runtime/inside.hpp"

namespace sluice::engine {
namespace {

using records::host_batch;
using records::HostBatch;

sluice_batch* batch_new(sluice_context* context, uint32_t capacity) {
  return records::new_batch(context->attribute_count, capacity);
}
uint32_t batch_pin(sluice_batch* batch, sluice_buffer* buffer) { return records::pin(*host_batch(batch), buffer); }

void batch_split(sluice_context* context, sluice_batch* take, const uint8_t* lanes, uint32_t lane_count,
                 sluice_batch** out) {
  records::split_take(host_batch(take), lanes, lane_count, out);
  if (!context->is_sink) return;
  const Inside inside(context);
  if (!inside) return;
  int64_t parts = 0;
  for (uint32_t lane = 0; lane < lane_count; ++lane) parts += out[lane] == nullptr ? 0 : 1;
  inside.node().in_flight.fetch_add(parts - 1, std::memory_order_relaxed);
}
sluice_batch* batch_cut(sluice_context* context, sluice_batch* from, uint32_t count) {
  if (context->is_sink) {
    const Inside inside(context);
    if (inside) inside.node().in_flight.fetch_add(1, std::memory_order_relaxed);
  }
  return records::cut(*host_batch(from), count);
}
sluice_batch* batch_expand(sluice_context* context, sluice_batch* take, const uint32_t* copies) {
  const uint64_t before = take->count;
  const Inside inside(context);
  // There is nobody left to answer for the copies.
  if (!inside) host_batch(take)->runs.clear();
  HostBatch* out = records::expand_take(host_batch(take), copies);
  if (inside) inside.node().counters.made.fetch_add(out->count - before, std::memory_order_relaxed);
  return out;
}
sluice_batch* batch_fold(sluice_context* context, sluice_batch* take, const uint32_t* sizes, uint32_t size_count) {
  const uint64_t before = take->count;
  HostBatch* out = records::fold_take(host_batch(take), sizes, size_count);
  const Inside inside(context);
  if (inside) inside.node().counters.folded.fetch_add(before - out->count, std::memory_order_relaxed);
  return out;
}

/// A sink owns one batch fewer; if it had no room it has some again.
void let_go(NodeRuntime& node) {
  if (!node.is_sink) return;
  const int64_t before = node.in_flight.fetch_sub(1, std::memory_order_seq_cst);
  if (before >= static_cast<int64_t>(node.plan.facts.max_in_flight)) node.stage->waker().wake();
}

void batch_merge(sluice_context* context, sluice_batch* into, sluice_batch* take) {
  // A fresh batch counts for nothing until it has taken another in.
  const bool both_count = !is_fresh(*host_batch(into)) && !is_fresh(*host_batch(take));
  // What gathers records for long must not keep whole read buffers alive for a few of them.
  records::compact(*host_batch(take));
  records::merge_take(*host_batch(into), host_batch(take));
  if (!context->is_sink || !both_count) return;
  const Inside inside(context);
  if (inside) let_go(inside.node());
}

Verdicts::Given given_from(uint32_t verdict) {
  switch (verdict) {
    case SLUICE_DELIVERED:
      return Verdicts::Given::delivered;
    case SLUICE_ACCEPTED:
      return Verdicts::Given::accepted;
    case SLUICE_DISCARDED:
      return Verdicts::Given::discarded;
    default:
      return Verdicts::Given::failed;
  }
}

void settle(sluice_context* context, sluice_batch* take, uint32_t verdict, uint32_t category, sluice_str code,
            sluice_str reason) {
  const Inside inside(context);
  HostBatch* batch = host_batch(take);
  if (!inside || is_fresh(*batch)) {
    records::free_take(batch);
    return;
  }
  NodeRuntime& node = inside.node();
  if (verdict == SLUICE_DELIVERED || verdict == SLUICE_ACCEPTED) {
    static const Error* const none = new Error;
    node.runtime.verdicts().settle(node, batch, given_from(verdict), *none);
    let_go(node);
    return;
  }
  // What is discarded names its reason on every batch: it is made safe where it is shown.
  const auto text = [&](sluice_str from) {
    return verdict == SLUICE_FAILED ? node.runtime.shown(to_view(from)) : std::string(to_view(from));
  };
  node.runtime.verdicts().settle(node, batch, given_from(verdict),
                                 Error{static_cast<Category>(category), text(reason), text(code)});
  let_go(node);
}

void batch_drop(sluice_context* context, sluice_batch* take) {
  const Inside inside(context);
  HostBatch* batch = host_batch(take);
  const uint32_t count = batch->count;
  const bool had_token = !is_fresh(*batch);
  // Freed, never settled: no position moves over it.
  records::free_take(batch);
  if (!inside || !had_token) return;
  NodeRuntime& node = inside.node();
  if (node.runtime.is_closing()) return;
  node.runtime.stop_for_drop(
      node, bug(fmt::format("it destroyed {} records without a verdict; nothing was committed for them. This is a bug "
                            "of the plugin of type {}: every batch must be emitted or settled",
                            count, node.plan.type_name)));
  let_go(node);
}

sluice_token* absorb(sluice_context* context, sluice_token* into, sluice_batch* take) {
  const Inside inside(context);
  if (inside && (!inside.node().plan.facts.absorbs || context->is_sink)) {
    stop_for_bug(inside.node(), "absorbed records, and its description does not say that it absorbs");
  }
  return records::absorb_take(into == nullptr ? nullptr : records::host_token(into), host_batch(take));
}

void batch_bind(sluice_context* context, sluice_batch* fresh, sluice_token* take) {
  const Inside inside(context);
  HostBatch& batch = *host_batch(fresh);
  std::unique_ptr<records::Token> token(take == nullptr ? nullptr : records::host_token(take));
  if (!inside) return;
  NodeRuntime& node = inside.node();
  const uint64_t absorbed = token == nullptr ? 0 : token->records;
  if (!is_fresh(batch) || batch.count == 0 || absorbed == 0) {
    stop_for_bug(node, fmt::format("bound a token of {} records to a batch of {} that {}", absorbed, batch.count,
                                   is_fresh(batch) ? "is fresh" : "has a token"));
    return;
  }
  if (batch.count > absorbed) {
    node.counters.made.fetch_add(batch.count - absorbed, std::memory_order_relaxed);
  } else {
    node.counters.folded.fetch_add(absorbed - batch.count, std::memory_order_relaxed);
  }
  node.bonds.bind_take(batch, token.release(), StageClock::recent_here(context->clock));
}

uint32_t may_relinquish(sluice_context* context, const sluice_token* token) {
  const Inside inside(context);
  return inside && records::gives_again(*records::host_token(token)) ? 1 : 0;
}

void relinquish(sluice_context* context, sluice_token* take) {
  const Inside inside(context);
  std::unique_ptr<records::Token> token(records::host_token(take));
  if (!inside) return;
  NodeRuntime& node = inside.node();
  if (!records::gives_again(*token)) {
    stop_for_bug(node, fmt::format("relinquished {} records that nothing gives out again", token->records));
    return;
  }
  node.counters.relinquished.fetch_add(token->records, std::memory_order_relaxed);
  records::relinquish_take(token.release(), StageClock::recent_here(context->clock));
}

void token_drop(sluice_context* context, sluice_token* take) {
  const Inside inside(context);
  const std::unique_ptr<records::Token> token(records::host_token(take));
  if (!inside || token->records == 0) return;
  NodeRuntime& node = inside.node();
  if (node.runtime.is_closing()) return;
  node.runtime.stop_for_drop(
      node, bug(fmt::format("it destroyed the token of {} absorbed records; nothing was committed for them. This is a "
                            "bug of the plugin of type {}: every token must be bound or relinquished",
                            token->records, node.plan.type_name)));
}

}  // namespace

void fill_batches(sluice_host& host) {
  host.batch_new = &batch_new;
  host.batch_pin = &batch_pin;
  host.batch_split = &batch_split;
  host.batch_cut = &batch_cut;
  host.batch_merge = &batch_merge;
  host.batch_expand = &batch_expand;
  host.batch_fold = &batch_fold;
  host.settle = &settle;
  host.batch_drop = &batch_drop;
  host.absorb = &absorb;
  host.batch_bind = &batch_bind;
  host.may_relinquish = &may_relinquish;
  host.relinquish = &relinquish;
  host.token_drop = &token_drop;
}

}  // namespace sluice::engine
