// SPDX-License-Identifier: Apache-2.0
// The table of host functions: each one line to the World it belongs to.
#include <cstring>

#include "world.hpp"

namespace sluice::testing {
namespace {

using records::host_batch;

World& of(sluice_context* context) { return World::of(context); }
std::atomic<int64_t>& counter(sluice_metric* metric) { return *reinterpret_cast<std::atomic<int64_t>*>(metric); }

sluice_batch* adopt(sluice_context* context, records::HostBatch* batch) {
  of(context).adopt(batch);
  return batch;
}

void fill_any_thread(sluice_host& host) {
  host.log = [](sluice_context* c, uint32_t level, sluice_str sentence) {
    of(c).lock_and([&] { of(c).logs.push_back({level, std::string(to_view(sentence))}); });
  };
  host.now = [](sluice_context* c) { return of(c).now_ns(); };
  host.monotonic = [](sluice_context* c) { return of(c).monotonic_ns(); };
  host.random = [](sluice_context* c) { return of(c).random(); };
  host.stop = [](sluice_context* c, const sluice_error* error) {
    of(c).lock_and([&] { of(c).stops.push_back(from_abi(*error)); });
  };
  host.wake = [](sluice_context* c) {
    of(c).lock_and([&] { ++of(c).wakes; });
    void* node = of(c).node;
    if (node != nullptr && of(c).type.wake != nullptr && of(c).setup().role != SLUICE_ROLE_RELAY_INPUT) {
      of(c).type.wake(node);
    }
  };
  host.status = [](sluice_context* c, uint32_t status, sluice_str sentence) {
    of(c).lock_and([&] { of(c).statuses.push_back({status, std::string(to_view(sentence))}); });
  };
  host.metric = [](sluice_context* c, uint32_t, sluice_str name, sluice_str) {
    return of(c).locked([&] { return reinterpret_cast<sluice_metric*>(&of(c).metrics[std::string(to_view(name))]); });
  };
  host.metric_add = [](sluice_metric* metric, int64_t amount) { counter(metric).fetch_add(amount); };
  host.metric_set = [](sluice_metric* metric, int64_t value) { counter(metric).store(value); };
  host.intern = [](sluice_context* c, sluice_str text) { return of(c).intern(text); };
  host.buffer_new = [](sluice_context*, uint64_t capacity) { return records::new_buffer(capacity); };
  host.buffer_ref = [](sluice_buffer* buffer) { records::ref(buffer); };
  host.buffer_unref_take = [](sluice_buffer* buffer) { records::unref_take(buffer); };
  host.lag = [](sluice_context* c, sluice_str partition, uint64_t records) {
    of(c).lock_and([&] { of(c).lags[std::string(to_view(partition))] = records; });
  };
  host.hold = [](sluice_context* c, uint32_t on) { of(c).lock_and([&] { of(c).held = on != 0; }); };
}

void fill_batches(sluice_host& host) {
  host.batch_new = [](sluice_context* c, uint32_t capacity) {
    records::HostBatch* made = records::new_batch(of(c).host.attribute_count, capacity);
    // Zeroed, so that records appended without a memset have absent attributes, as promised.
    std::memset(made->records, 0, uint64_t{capacity} * made->record_stride);
    return adopt(c, made);
  };
  host.batch_pin = [](sluice_batch* batch, sluice_buffer* buffer) { return records::pin(*host_batch(batch), buffer); };
  host.batch_split = [](sluice_context* c, sluice_batch* take, const uint8_t* lanes, uint32_t lane_count,
                        sluice_batch** out) {
    std::fill(out, out + lane_count, nullptr);
    const World::HandOver hand_over(of(c));
    if (!of(c).disown(take, "split")) return;
    for (uint32_t i = 0; i < take->count; ++i) {
      if (lanes[i] < lane_count) continue;
      of(c).problem("splits a record into lane " + std::to_string(lanes[i]) + " of " + std::to_string(lane_count));
      return of(c).adopt(host_batch(take));
    }
    records::split_take(host_batch(take), lanes, lane_count, out);
    for (uint32_t lane = 0; lane < lane_count; ++lane) {
      if (out[lane] != nullptr) of(c).adopt(host_batch(out[lane]));
    }
  };
  host.batch_cut = [](sluice_context* c, sluice_batch* from, uint32_t count) -> sluice_batch* {
    if (count == 0 || count >= from->count) {
      of(c).problem("cuts " + std::to_string(count) + " of " + std::to_string(from->count) + " records");
      return adopt(c, records::new_batch(of(c).host.attribute_count, 0));
    }
    return adopt(c, records::cut(*host_batch(from), count));
  };
  host.batch_merge = [](sluice_context* c, sluice_batch* into, sluice_batch* take) {
    if (into == take) return of(c).problem("merges a batch into itself");
    if (of(c).disown(take, "merge")) records::merge_take(*host_batch(into), host_batch(take));
  };
  host.batch_expand = [](sluice_context* c, sluice_batch* take, const uint32_t* copies) -> sluice_batch* {
    const World::HandOver hand_over(of(c));
    if (!of(c).disown(take, "expand")) return nullptr;
    for (uint32_t i = 0; i < take->count; ++i) {
      if (copies[i] > 0) continue;
      of(c).problem("expands a record to no copies");
      return adopt(c, host_batch(take));
    }
    return adopt(c, records::expand_take(host_batch(take), copies));
  };
  host.batch_fold = [](sluice_context* c, sluice_batch* take, const uint32_t* sizes, uint32_t count) -> sluice_batch* {
    const World::HandOver hand_over(of(c));
    if (!of(c).disown(take, "fold")) return nullptr;
    uint64_t sum = 0;
    bool has_zero = false;
    for (uint32_t j = 0; j < count; ++j) {
      sum += sizes[j];
      has_zero = has_zero || sizes[j] == 0;
    }
    if (sum != take->count || has_zero) {
      of(c).problem("folds " + std::to_string(take->count) + " records by sizes that do not add up to them");
      return adopt(c, host_batch(take));
    }
    return adopt(c, records::fold_take(host_batch(take), sizes, count));
  };
  host.settle = [](sluice_context* c, sluice_batch* take, uint32_t verdict, uint32_t category, sluice_str code,
                   sluice_str reason) { of(c).settle(take, verdict, category, code, reason); };
  host.batch_drop = [](sluice_context* c, sluice_batch* take) { of(c).drop(take); };
}

void fill_absorbing(sluice_host& host) {
  host.absorb = [](sluice_context* c, sluice_token* into, sluice_batch* take) { return of(c).absorb(into, take); };
  host.batch_bind = [](sluice_context* c, sluice_batch* fresh, sluice_token* take) { of(c).bind(fresh, take); };
  host.may_relinquish = [](sluice_context* c, const sluice_token*) -> uint32_t { return of(c).replays ? 1 : 0; };
  host.relinquish = [](sluice_context* c, sluice_token* take) { of(c).relinquish(take); };
  host.token_drop = [](sluice_context* c, sluice_token* take) { of(c).drop_token(take); };
}

void fill_stage(sluice_host& host) {
  host.attribute = [](sluice_context* c, sluice_str name) -> int32_t {
    const auto& slots = of(c).slots;
    for (size_t i = 0; i < slots.size(); ++i) {
      if (slots[i] == to_view(name)) return static_cast<int32_t>(i);
    }
    return -1;
  };
  host.wired = [](sluice_context* c, uint32_t port) -> uint32_t {
    const auto& outputs = of(c).description.outputs;
    if (port >= outputs.size()) return 0;
    for (const std::string& name : of(c).setup().unwired) {
      if (name == outputs[port].name) return 0;
    }
    return 1;
  };
  host.emit = [](sluice_context* c, uint32_t port, sluice_batch* take) {
    of(c).emit(port, take, false, SLUICE_NO_PARTITION, 0);
  };
  host.emit_source = [](sluice_context* c, uint32_t port, sluice_batch* take, uint32_t partition, int64_t end) {
    of(c).emit(port, take, true, partition, end);
  };
  host.begin_source = [](sluice_context* c, sluice_batch* batch, uint32_t partition, int64_t end) {
    of(c).require_stage("begin_source");
    of(c).begin_own(*host_batch(batch), partition, end);
  };
  host.timer = [](sluice_context* c, int64_t deadline_ns) {
    of(c).require_stage("timer");
    of(c).timer = deadline_ns == 0 ? std::nullopt : std::optional(deadline_ns);
  };
}

void fill_partitions(sluice_host& host) {
  host.partition_open = [](sluice_context* c, sluice_str name, int64_t position) {
    of(c).require_stage("partition_open");
    uint32_t id = 0;
    of(c).lock_and([&] {
      id = static_cast<uint32_t>(of(c).partitions.size());
      of(c).partitions.push_back({id, std::string(to_view(name)), position});
    });
    return id;
  };
  host.partition_revoke = [](sluice_context* c, uint32_t partition) {
    of(c).require_stage("partition_revoke");
    of(c).lock_and([&] { of(c).partitions.at(partition).revoked = true; });
  };
  host.partition_lost = [](sluice_context* c, uint32_t partition) {
    of(c).require_stage("partition_lost");
    of(c).lock_and([&] { of(c).partitions.at(partition).lost = true; });
  };
  host.committed = [](sluice_context* c, uint32_t partition, int64_t position, const sluice_error* error) {
    CommitCopy made{partition, position};
    if (error != nullptr) made.error = from_abi(*error);
    of(c).lock_and([&] { of(c).commits.push_back(std::move(made)); });
  };
}

}  // namespace

void World::fill_host() {
  host.struct_size = sizeof host;
  host.abi_minor = SLUICE_ABI_MINOR;
  host.attribute_count = static_cast<uint32_t>(slots.size());
  fill_any_thread(host);
  fill_batches(host);
  fill_absorbing(host);
  fill_stage(host);
  fill_partitions(host);
}

}  // namespace sluice::testing
