// SPDX-License-Identifier: Apache-2.0
// What happens to a verdict: accounts hear of it, sinks get room again, and a permanent failure finds the dead letter
// of its records' path or stops the graph. Any thread.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "runtime/graph_runtime.hpp"
#include "sluice/safe_text.hpp"

namespace sluice::engine {

using records::HostBatch;
using records::Verdict;

namespace {

constexpr uint32_t quoted_characters = 120;

void count(NodeRuntime* node, Verdict verdict, uint64_t records) {
  if (node == nullptr) return;
  node->counters.settled[static_cast<size_t>(verdict)].fetch_add(records, std::memory_order_relaxed);
}

}  // namespace

void GraphRuntime::discard(NodeRuntime& node, HostBatch* take, std::string_view reason) {
  count(&node, Verdict::discarded, take->count);
  node.count_discard(reason, take->count);
  records::settle_take(take, Verdict::discarded, StageClock::recent_here());
}

void GraphRuntime::settle(NodeRuntime& node, HostBatch* take, uint32_t verdict, const Error& reason) {
  const int64_t now_ns = StageClock::read_here();
  if (node.is_sink) edges_[take->came_by].settling.add(now_ns - take->since_ns, take->count);
  switch (verdict) {
    case SLUICE_DELIVERED:
    case SLUICE_ACCEPTED: {
      const Verdict counted = verdict == SLUICE_DELIVERED ? Verdict::delivered : Verdict::accepted;
      count(&node, counted, take->count);
      records::settle_take(take, counted, now_ns);
      return;
    }
    case SLUICE_DISCARDED:
      discard(node, take, reason.message);
      return;
    default:
      if (node.account != nullptr) return refuse(node, take, reason);
      reject(node, &node, {&node.rejects, node.verdicts()}, take, reason);
  }
}

/// What a source itself refuses goes to the dead letter that its records have behind it. However many they are, they
/// say nothing of a schema, so stop_after does not count them.
void GraphRuntime::refuse(NodeRuntime& node, HostBatch* take, const Error& error) {
  for (records::Run& run : take->runs) run.path = node.refusal_path;
  reject(node, &node, {}, take, error);
}

void GraphRuntime::reject(NodeRuntime& node, NodeRuntime* counts, Rejects rejects, HostBatch* take,
                          const Error& error) {
  if (is_closing()) {
    // A sink gives back what it could not finish. That is no verdict: the receipt says what becomes of it.
    records::free_take(take);
    return;
  }
  if (error.category != Category::permanent) {
    count(counts, Verdict::failed, take->count);
    // Said before it settles: the last verdict may end the run, which must then know why.
    stop_with(node, error);
    records::settle_take(take, Verdict::failed, StageClock::recent_here());
    return;
  }
  // Records of several paths may stand in one batch: each goes its own way, in runs of the same path.
  while (take->runs.size() > 1) {
    uint32_t same = 0;
    const records::Run first = take->runs.front();
    for (const records::Run& run : take->runs) {
      if (run.records != 0 && (run.path != first.path || run.is_dead != first.is_dead)) break;
      same += run.records;
    }
    if (same == take->count) break;
    reject_path(node, counts, rejects, records::cut(*take, same), error);
  }
  reject_path(node, counts, rejects, take, error);
}

void GraphRuntime::reject_path(NodeRuntime& node, NodeRuntime* counts, Rejects rejects, HostBatch* take,
                               const Error& error) {
  const records::Run first = take->runs.front();
  if (first.path == 0 || first.is_dead != 0) {
    Error stopping = error;
    stopping.category = Category::operator_needed;
    const std::string begin = begin_of_payload(*take);
    stopping.message = fmt::format("{}; {} and the record {}{}", error.message,
                                   first.is_dead != 0        ? "it is itself a dead letter, so nothing can take it"
                                   : node.account != nullptr ? "no edge behind it has a dead_letter"
                                                             : "no edge before it has a dead_letter",
                                   begin.empty() ? "is empty" : "begins with ", begin);
    count(counts, Verdict::failed, take->count);
    stop_with(node, std::move(stopping));
    records::settle_take(take, Verdict::failed, StageClock::recent_here());
    return;
  }
  const PlanDeadLetter& dead_letter = plan_.dead_letters[first.path - 1];
  const StopAfter& limit = dead_letter.stop_after;
  if (rejects.window != nullptr && rejects.window->reaches(limit, rejects.before, take->count)) {
    // Not settled: it will be replayed, or the receipt says that it may be lost.
    Error stopping = error;
    stopping.category = Category::operator_needed;
    stopping.message = fmt::format(
        "{} of the latest {} records were refused, which is a wrong schema rather than bad records (stop_after of the "
        "{}); the last one: {}",
        limit.rejects, limit.of, dead_letter.name, error.message);
    records::free_take(take);
    stop_with(node, std::move(stopping));
    return;
  }
  count(counts, Verdict::dead_lettered, take->count);
  for (const std::string& line : node.refusals.refused(
           take->count, error.message, plan_.nodes[dead_letter.to].name, [&] { return begin_of_payload(*take); },
           monotonic_ns())) {
    log(node, SLUICE_LOG_WARN, line);
  }
  annotate(node, *take, error);
  take->since_ns = StageClock::recent_here();
  node.stage->take_rejected(take);
}

/// How a sentence names a record: by how its payload begins, or that of the first.
std::string GraphRuntime::begin_of_payload(const HostBatch& batch) const {
  const sluice_record& first = *batch.at(0);
  const std::string_view begin(reinterpret_cast<const char*>(first.data),
                               std::min<size_t>(first.size, size_t{4} * quoted_characters));
  return safe_text(plan_.secrecy.masked(begin), quoted_characters);
}

void GraphRuntime::annotate(NodeRuntime& node, HostBatch& batch, const Error& error) const {
  if (reason_slot_ < 0) return;
  const std::string_view texts[] = {error.message, error.code, node.plan.name};
  const int32_t slots[] = {reason_slot_, code_slot_, node_slot_};
  uint64_t size = 0;
  for (const auto text : texts) size += text.size();
  sluice_buffer* buffer = records::new_buffer(size);
  records::pin(batch, buffer);
  uint8_t* to = buffer->data;
  for (size_t t = 0; t < 3; ++t) {
    if (!texts[t].empty()) std::memcpy(to, texts[t].data(), texts[t].size());
    for (uint32_t i = 0; i < batch.count && slots[t] >= 0; ++i) {
      sluice_value& value = records::values_of(batch.at(i))[slots[t]];
      value.kind = SLUICE_VALUE_TEXT;
      value.as.text = reinterpret_cast<const char*>(to);
      value.size = static_cast<uint32_t>(texts[t].size());
    }
    to += texts[t].size();
  }
  records::unref_take(buffer);
}

void GraphRuntime::settle_losers(EdgeRuntime& edge, const EdgeQueue::Pushed& pushed) {
  for (HostBatch* list = pushed.losers; list != nullptr;) {
    HostBatch* loser = list;
    list = list->next;
    loser->next = nullptr;
    edge.discarded.fetch_add(loser->count, std::memory_order_relaxed);
    records::settle_take(loser, Verdict::discarded, StageClock::recent_here());
  }
  for (HostBatch* list = pushed.too_large; list != nullptr;) {
    HostBatch* record = list;
    list = list->next;
    record->next = nullptr;
    NodeRuntime& node = nodes_[edge.plan == nullptr ? edge.to : edge.plan->from];
    const uint64_t bytes = records::payload_bytes(*record);
    edge.rejected.fetch_add(record->count, std::memory_order_relaxed);
    reject(node, nullptr, {&edge.too_large, edge.in_records.load(std::memory_order_relaxed)}, record,
           permanent(fmt::format("a record of {} bytes is larger than the whole buffer of the edge {}; raise its bytes",
                                 bytes, edge.name)));
  }
}

}  // namespace sluice::engine
