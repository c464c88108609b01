// SPDX-License-Identifier: Apache-2.0
// The functions a plugin may call, as abi.h declares them. Thin: each finds its node and hands on.
#include <fmt/format.h>

#include <map>
#include <mutex>
#include <random>
#include <string>
#include <unordered_set>

#include "runtime/graph_runtime.hpp"
#include "runtime/inside.hpp"

namespace sluice::engine {
namespace {

using records::host_batch;
using records::HostBatch;

// Any thread: through the gate.

void log(sluice_context* context, uint32_t level, sluice_str sentence) {
  const Inside inside(context);
  if (!inside) return;
  NodeRuntime& node = inside.node();
  const std::string shown = node.runtime.shown(to_view(sentence));
  if (node.may_log(shown, node.runtime.clock().monotonic_ns())) node.runtime.log_said(node, level, shown);
}
int64_t now(sluice_context* context) { return context->clock.wall_ns(); }
int64_t monotonic(sluice_context* context) { return context->clock.monotonic_ns(); }
uint64_t random_number(sluice_context*) {
  thread_local std::mt19937_64 generator{std::random_device{}()};
  return generator();
}
void stop(sluice_context* context, const sluice_error* error) {
  const Inside inside(context);
  if (!inside) return;
  NodeRuntime& node = inside.node();
  node.runtime.stop_with(node, node.runtime.shown(*error));
}
void wake(sluice_context* context) {
  const Inside inside(context);
  if (inside) inside.node().stage->waker().wake();
}
void status(sluice_context* context, uint32_t status_word, sluice_str sentence) {
  const Inside inside(context);
  if (!inside) return;
  NodeRuntime& node = inside.node();
  node.runtime.set_status(node, status_word, to_view(sentence));
}
sluice_metric* metric(sluice_context* context, uint32_t kind, sluice_str name, sluice_str help) {
  const Inside inside(context);
  // Of a graph that has gone nobody shows it.
  const auto shown = [&](sluice_str text) {
    return inside ? inside.node().runtime.shown(to_view(text)) : std::string(to_view(text));
  };
  return context->metric(kind, shown(name), shown(help));
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

void emit(sluice_context* context, uint32_t port, sluice_batch* take) {
  NodeRuntime& node = node_of(context);
  HostBatch* batch = host_batch(take);
  if (port >= node.edges_of_port.size() || batch->token_records() != batch->count) {
    stop_for_bug(node, fmt::format("emitted a batch of {} records with a token for {} on port {} of {}", batch->count,
                                   batch->token_records(), port, node.edges_of_port.size()));
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

void emit_source(sluice_context* context, uint32_t port, sluice_batch* take, uint32_t partition, int64_t end) {
  NodeRuntime& node = node_of(context);
  HostBatch* batch = host_batch(take);
  if (port >= node.edges_of_port.size() || !is_fresh(*batch) || node.account == nullptr) {
    stop_for_bug(node, fmt::format("emitted a batch as a source on port {} of {} that is not fresh", port,
                                   node.edges_of_port.size()));
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

void begin_source(sluice_context* context, sluice_batch* own, uint32_t partition, int64_t end) {
  NodeRuntime& node = node_of(context);
  HostBatch* batch = host_batch(own);
  if (!is_fresh(*batch) || node.account == nullptr) {
    stop_for_bug(node, "began a batch as a source that is not fresh");
    return;
  }
  if (batch->count == 0) return;
  begin_token(node, *batch, partition, end);
}

void lag(sluice_context* context, sluice_str partition, uint64_t records) {
  const Inside inside(context);
  if (!inside) return;
  NodeRuntime& node = inside.node();
  node.set_lag(node.runtime.shown(to_view(partition)), records);
}

void timer(sluice_context* context, int64_t monotonic_deadline_ns) {
  node_of(context).timer_deadline_ns = monotonic_deadline_ns;
}
void hold(sluice_context* context, uint32_t on) {
  const Inside inside(context);
  if (!inside) return;
  NodeRuntime& node = inside.node();
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
  const Inside inside(context);
  if (!inside) return;
  NodeRuntime& node = inside.node();
  if (error != nullptr) {
    node.runtime.log_said(node, SLUICE_LOG_WARN, node.runtime.shown(*error).message);
    node.stage->source()->delay_commits(node.runtime.clock().monotonic_ns());
  }
  node.account->committed(partition, position, error == nullptr);
}

sluice_host make_host(uint32_t attribute_count) {
  sluice_host host{};
  host.struct_size = sizeof host;
  host.abi_minor = SLUICE_ABI_MINOR;
  host.attribute_count = attribute_count;
  host.log = &log;
  host.now = &now;
  host.monotonic = &monotonic;
  host.random = &random_number;
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
  host.emit = &emit;
  host.emit_source = &emit_source;
  host.timer = &timer;
  host.hold = &hold;
  host.partition_open = &partition_open;
  host.partition_revoke = &partition_revoke;
  host.partition_lost = &partition_lost;
  host.committed = &committed;
  host.begin_source = &begin_source;
  host.lag = &lag;
  fill_batches(host);
  return host;
}

}  // namespace

const sluice_host& host_for(uint32_t attribute_count) {
  // Never freed: a plugin's late thread may still call through it.
  static std::mutex mutex;
  static auto* const tables = new std::map<uint32_t, sluice_host>;
  const std::lock_guard lock(mutex);
  return tables->try_emplace(attribute_count, make_host(attribute_count)).first->second;
}

void stop_for_bug(NodeRuntime& node, const std::string& deed) {
  node.runtime.stop_with(node,
                         bug(fmt::format("it {}. This is a bug of the plugin of type {}", deed, node.plan.type_name)));
}

}  // namespace sluice::engine
