// SPDX-License-Identifier: Apache-2.0
// The functions a plugin may call, as abi.h declares them. Thin: each finds its node and hands on.
#include <fmt/format.h>

#include <mutex>
#include <random>
#include <string>
#include <unordered_set>

#include "runtime/graph_runtime.hpp"

namespace sluice::engine {
namespace {

using records::host_batch;
using records::HostBatch;

void log(sluice_context* context, uint32_t level, sluice_str sentence) {
  NodeRuntime& node = node_of(context);
  const std::string shown = node.runtime.shown(to_view(sentence));
  if (node.may_log(shown, monotonic_ns())) node.runtime.log_words(node, JustSaid::Kind::sentence, level, shown);
}
int64_t now(sluice_context*) { return wall_ns(); }
int64_t monotonic(sluice_context*) { return monotonic_ns(); }
uint64_t random_number(sluice_context*) {
  thread_local std::mt19937_64 generator{std::random_device{}()};
  return generator();
}
uint32_t failpoint(sluice_context* context, sluice_str name) {
  const NodeRuntime& node = node_of(context);
  const auto& all = node.runtime.options().failpoints;
  if (all.empty()) return 0;
  auto found = all.find(node.plan.name + "." + std::string(to_view(name)));
  if (found == all.end()) found = all.find(std::string(to_view(name)));
  return found == all.end() ? 0 : found->second;
}
void stop(sluice_context* context, const sluice_error* error) {
  NodeRuntime& node = node_of(context);
  node.runtime.stop_with(node, node.runtime.shown(*error));
}
void wake(sluice_context* context) { node_of(context).stage->waker().wake(); }
void status(sluice_context* context, uint32_t status_word, sluice_str sentence) {
  NodeRuntime& node = node_of(context);
  node.runtime.set_status(node, status_word, to_view(sentence));
}
sluice_metric* metric(sluice_context* context, uint32_t kind, sluice_str name, sluice_str help) {
  NodeRuntime& node = node_of(context);
  return node.metric(kind, node.runtime.shown(to_view(name)), node.runtime.shown(to_view(help)));
}
void metric_add(sluice_metric* which, int64_t amount) { which->value.fetch_add(amount, std::memory_order_relaxed); }
void metric_set(sluice_metric* which, int64_t value) { which->value.store(value, std::memory_order_relaxed); }

sluice_str intern(sluice_context*, sluice_str text) {
  // For the process's life, as records that point here may outlive any node; so it is never freed.
  static std::mutex mutex;
  static auto* const texts = new std::unordered_set<std::string>;
  const std::lock_guard lock(mutex);
  return to_str(*texts->emplace(to_view(text)).first);
}
sluice_buffer* buffer_new(sluice_context*, uint64_t capacity) { return records::new_buffer(capacity); }

int32_t attribute(sluice_context* context, sluice_str name) {
  const auto& attributes = node_of(context).runtime.plan().attributes;
  for (size_t i = 0; i < attributes.size(); ++i) {
    if (attributes[i].name == to_view(name)) return static_cast<int32_t>(i);
  }
  return -1;
}
uint32_t wired(sluice_context* context, uint32_t port) {
  const NodeRuntime& node = node_of(context);
  return port < node.edges_of_port.size() && !node.edges_of_port[port].empty() ? 1 : 0;
}

sluice_batch* batch_new(sluice_context* context, uint32_t capacity) {
  return records::new_batch(node_of(context).runtime.host().attribute_count, capacity);
}
uint32_t batch_pin(sluice_batch* batch, sluice_buffer* buffer) { return records::pin(*host_batch(batch), buffer); }

void batch_split(sluice_context* context, sluice_batch* take, const uint8_t* lanes, uint32_t lane_count,
                 sluice_batch** out) {
  records::split_take(host_batch(take), lanes, lane_count, out);
  if (!node_of(context).is_sink) return;
  int64_t parts = 0;
  for (uint32_t lane = 0; lane < lane_count; ++lane) parts += out[lane] == nullptr ? 0 : 1;
  node_of(context).in_flight.fetch_add(parts - 1, std::memory_order_relaxed);
}
sluice_batch* batch_cut(sluice_context* context, sluice_batch* from, uint32_t count) {
  if (node_of(context).is_sink) node_of(context).in_flight.fetch_add(1, std::memory_order_relaxed);
  return records::cut(*host_batch(from), count);
}
sluice_batch* batch_expand(sluice_context* context, sluice_batch* take, const uint32_t* copies) {
  const uint64_t before = take->count;
  HostBatch* out = records::expand_take(host_batch(take), copies);
  node_of(context).counters.made.fetch_add(out->count - before, std::memory_order_relaxed);
  return out;
}
sluice_batch* batch_fold(sluice_context* context, sluice_batch* take, const uint32_t* sizes, uint32_t size_count) {
  const uint64_t before = take->count;
  HostBatch* out = records::fold_take(host_batch(take), sizes, size_count);
  node_of(context).counters.folded.fetch_add(before - out->count, std::memory_order_relaxed);
  return out;
}

/// A sink owns one batch fewer; if it had no room it has some again.
void let_go(NodeRuntime& node) {
  if (!node.is_sink) return;
  const int64_t before = node.in_flight.fetch_sub(1, std::memory_order_seq_cst);
  if (before >= static_cast<int64_t>(node.plan.facts.max_in_flight)) node.stage->waker().wake();
}

/// A batch without a token was made and never emitted: there is nobody to answer.
bool is_fresh(const HostBatch& batch) { return batch.runs.empty(); }

void batch_merge(sluice_context* context, sluice_batch* into, sluice_batch* take) {
  // A fresh batch counts for nothing until it has taken another in.
  const bool both_count = !is_fresh(*host_batch(into)) && !is_fresh(*host_batch(take));
  // What gathers records for long must not keep whole read buffers alive for a few of them.
  records::compact(*host_batch(take));
  records::merge_take(*host_batch(into), host_batch(take));
  if (both_count) let_go(node_of(context));
}

void settle(sluice_context* context, sluice_batch* take, uint32_t verdict, uint32_t category, sluice_str code,
            sluice_str reason) {
  NodeRuntime& node = node_of(context);
  HostBatch* batch = host_batch(take);
  if (is_fresh(*batch)) {
    records::free_take(batch);
    return;
  }
  // What is discarded names its reason on every batch: it is made safe where it is shown.
  const auto text = [&](sluice_str from) {
    return verdict == SLUICE_FAILED ? node.runtime.shown(to_view(from)) : std::string(to_view(from));
  };
  node.runtime.settle(node, batch, verdict, Error{static_cast<Category>(category), text(reason), text(code)});
  let_go(node);
}

void batch_drop(sluice_context* context, sluice_batch* take) {
  NodeRuntime& node = node_of(context);
  HostBatch* batch = host_batch(take);
  const uint32_t count = batch->count;
  const bool had_token = !is_fresh(*batch);
  // Freed, never settled: no position moves over it.
  records::free_take(batch);
  if (!had_token) return;
  if (node.runtime.is_closing()) return;
  node.runtime.stop_for_drop(
      node, bug(fmt::format("it destroyed {} records without a verdict; nothing was committed for them. This is a bug "
                            "of the plugin of type {}: every batch must be emitted or settled",
                            count, node.plan.type_name)));
  let_go(node);
}

void emit(sluice_context* context, uint32_t port, sluice_batch* take) {
  NodeRuntime& node = node_of(context);
  HostBatch* batch = host_batch(take);
  if (port >= node.edges_of_port.size() || batch->token_records() != batch->count) {
    node.runtime.stop_with(node, bug(fmt::format("it emitted a batch of {} records with a token for {} on port {} of "
                                                 "{}. This is a bug of the plugin of type {}",
                                                 batch->count, batch->token_records(), port, node.edges_of_port.size(),
                                                 node.plan.type_name)));
    records::free_take(batch);
    return;
  }
  node.stage->emit(node, port, batch);
}

/// A batch of a source begins. How many bytes it has.
inline uint64_t begin_token(NodeRuntime& node, HostBatch& batch, uint32_t partition, int64_t end) {
  const uint64_t bytes = records::payload_bytes(batch);
  node.counters.in_records.add(batch.count);
  node.counters.in_batches.add(1);
  const int64_t now_ns = node.stage->clock().recent();
  records::begin_token(batch, node.account->begin(batch.count, bytes, partition, end, now_ns), 0);
  if (node.reads_memory) node.runtime.ending().relay_has_read();
  return bytes;
}

void emit_source(sluice_context* context, uint32_t port, sluice_batch* take, uint32_t partition, int64_t /*first*/,
                 int64_t end) {
  NodeRuntime& node = node_of(context);
  HostBatch* batch = host_batch(take);
  if (port >= node.edges_of_port.size() || !is_fresh(*batch) || node.account == nullptr) {
    node.runtime.stop_with(node, bug(fmt::format("it emitted as a source on port {} of {} what is no fresh batch. This "
                                                 "is a bug of the plugin of type {}",
                                                 port, node.edges_of_port.size(), node.plan.type_name)));
    records::free_take(batch);
    return;
  }
  if (batch->count == 0) {
    records::free_take(batch);
    return;
  }
  node.counters.out_bytes.add(begin_token(node, *batch, partition, end));
  node.stage->emit(node, port, batch);
}

void begin_source(sluice_context* context, sluice_batch* own, uint32_t partition, int64_t /*first*/, int64_t end) {
  NodeRuntime& node = node_of(context);
  HostBatch* batch = host_batch(own);
  if (!is_fresh(*batch) || node.account == nullptr) {
    node.runtime.stop_with(node, bug(fmt::format("it began as a source's what is no fresh batch. This is a bug of the "
                                                 "plugin of type {}",
                                                 node.plan.type_name)));
    return;
  }
  if (batch->count == 0) return;
  begin_token(node, *batch, partition, end);
}

void timer(sluice_context* context, int64_t monotonic_deadline_ns) {
  node_of(context).timer_deadline_ns = monotonic_deadline_ns;
}
void hold(sluice_context* context, uint32_t on) {
  NodeRuntime& node = node_of(context);
  node.is_on_hold.store(on != 0, std::memory_order_seq_cst);
  if (on == 0) node.stage->waker().wake();
}

uint32_t partition_open(sluice_context* context, sluice_str name, int64_t position) {
  return node_of(context).account->open_partition(std::string(to_view(name)), position);
}
void partition_revoke(sluice_context* context, uint32_t partition) {
  NodeRuntime& node = node_of(context);
  node.account->revoke_partition(partition);
  node.stage->waker().wake();
}
void partition_lost(sluice_context* context, uint32_t partition) {
  node_of(context).account->lose_partition(partition);
}
void committed(sluice_context* context, uint32_t partition, int64_t position, const sluice_error* error) {
  NodeRuntime& node = node_of(context);
  if (error != nullptr) {
    node.runtime.log(node, SLUICE_LOG_WARN, node.runtime.shown(*error).message);
    node.stage->source()->delay_commits(monotonic_ns());
  }
  node.account->committed(partition, position, error == nullptr);
}

}  // namespace

sluice_host make_host(uint32_t attribute_count) {
  sluice_host host{};
  host.struct_size = sizeof host;
  host.abi_minor = SLUICE_ABI_MINOR;
  host.attribute_count = attribute_count;
  host.log = &log;
  host.now = &now;
  host.monotonic = &monotonic;
  host.random = &random_number;
  host.failpoint = &failpoint;
  host.stop = &stop;
  host.wake = &wake;
  host.status = &status;
  host.metric = &metric;
  host.metric_add = &metric_add;
  host.metric_set = &metric_set;
  host.intern = &intern;
  host.buffer_new = &buffer_new;
  host.buffer_ref = &records::ref;
  host.buffer_unref_take = &records::unref_take;
  host.attribute = &attribute;
  host.wired = &wired;
  host.batch_new = &batch_new;
  host.batch_pin = &batch_pin;
  host.batch_split = &batch_split;
  host.batch_cut = &batch_cut;
  host.batch_merge = &batch_merge;
  host.batch_expand = &batch_expand;
  host.batch_fold = &batch_fold;
  host.settle = &settle;
  host.batch_drop = &batch_drop;
  host.emit = &emit;
  host.emit_source = &emit_source;
  host.timer = &timer;
  host.hold = &hold;
  host.partition_open = &partition_open;
  host.partition_revoke = &partition_revoke;
  host.partition_lost = &partition_lost;
  host.committed = &committed;
  host.begin_source = &begin_source;
  return host;
}

}  // namespace sluice::engine
