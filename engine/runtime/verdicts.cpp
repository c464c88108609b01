// SPDX-License-Identifier: Apache-2.0
#include "runtime/verdicts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "runtime/graph_runtime.hpp"
#include "runtime/scheduling_point.hpp"
#include "sluice/safe_text.hpp"

namespace sluice::engine {

using records::HostBatch;
using records::Verdict;

namespace {

constexpr uint32_t quoted_characters = 120;

int32_t slot_of(const Plan& plan, std::string_view name) {
  for (size_t i = 0; i < plan.attributes.size(); ++i) {
    if (plan.attributes[i].name == name) return static_cast<int32_t>(i);
  }
  return -1;
}

/// `node`: null where an edge held them, which counts for itself.
void count_in(NodeRuntime* node, Verdict verdict, uint64_t records) {
  if (node == nullptr) return;
  node->counters.settled[static_cast<size_t>(verdict)].fetch_add(records, std::memory_order_relaxed);
}

/// How many records at the front take the same way.
uint32_t same_way(const records::Runs& runs) {
  uint32_t same = 0;
  for (const records::Run& run : runs) {
    if (run.records != 0 && (run.path != runs.front().path || run.is_dead != runs.front().is_dead)) break;
    same += run.records;
  }
  return same;
}

Error stopping(const Error& error, std::string message) {
  return {Category::operator_needed, std::move(message), error.code};
}

}  // namespace

Verdicts::Verdicts(GraphRuntime& graph)
    : graph_(graph),
      reason_slot_(slot_of(graph.plan(), reject_reason_attribute)),
      code_slot_(slot_of(graph.plan(), reject_code_attribute)),
      node_slot_(slot_of(graph.plan(), reject_node_attribute)) {}

void Verdicts::discard(NodeRuntime& node, HostBatch* take, std::string_view reason) {
  count_in(&node, Verdict::discarded, take->count);
  node.count_discard(reason, take->count);
  records::settle_take(take, Verdict::discarded, StageClock::recent_here(graph_.clock()));
}

void Verdicts::settle(NodeRuntime& node, HostBatch* take, Given given, const Error& reason) {
  reach(SchedulingPoint::settle);
  const int64_t now_ns = StageClock::read_here(graph_.clock());
  if (node.is_sink) graph_.edge(take->came_by).settling.add(now_ns - take->since_ns, take->count);
  switch (given) {
    case Given::delivered:
    case Given::accepted: {
      const Verdict verdict = given == Given::delivered ? Verdict::delivered : Verdict::accepted;
      count_in(&node, verdict, take->count);
      records::settle_take(take, verdict, now_ns);
      return;
    }
    case Given::discarded:
      discard(node, take, reason.message);
      return;
    case Given::failed:
      break;
  }
  if (node.account == nullptr) {
    refuse({.node = node, .books = &node, .window = &node.rejects, .before = node.verdicts()}, take, reason);
    return;
  }
  // What a source itself refuses goes to the dead letter that its records have behind it. However many they are, they
  // say nothing of a schema, so stop_after does not count them.
  for (records::Run& run : take->runs) run.path = node.refusal_path;
  refuse({.node = node, .books = &node}, take, reason);
}

void Verdicts::fail(const Refuser& by, HostBatch* take, Error error) {
  count_in(by.books, Verdict::failed, take->count);
  // Said before it settles: the last verdict may end the run, which must then know why.
  graph_.stop_with(by.node, std::move(error));
  records::settle_take(take, Verdict::failed, StageClock::recent_here(graph_.clock()));
}

void Verdicts::refuse(const Refuser& by, HostBatch* take, const Error& error) {
  if (graph_.is_closing()) {
    // A sink gives back what it could not finish. That is no verdict: the receipt says what becomes of it.
    records::free_take(take);
    return;
  }
  if (error.category != Category::permanent) return fail(by, take, error);
  // Records of several paths may stand in one batch: each goes its own way, in runs of the same path.
  while (take->runs.size() > 1) {
    const uint32_t same = same_way(take->runs);
    if (same == take->count) break;
    refuse_path(by, records::cut(*take, same), error);
  }
  refuse_path(by, take, error);
}

void Verdicts::refuse_path(const Refuser& by, HostBatch* take, const Error& error) {
  const records::Run first = take->runs.front();
  if (first.path == 0 || first.is_dead != 0) {
    const std::string_view why = first.is_dead != 0           ? "it is itself a dead letter, so nothing can take it"
                                 : by.node.account != nullptr ? "no edge behind it has a dead_letter"
                                                              : "no edge before it has a dead_letter";
    return fail(by, take,
                stopping(error, fmt::format("{}; {} and the record {}", error.message, why, begin_of_payload(*take))));
  }
  const PlanDeadLetter& to = graph_.plan().dead_letters[first.path - 1];
  const StopAfter& limit = to.stop_after;
  if (by.window != nullptr && by.window->reaches(limit, by.before, take->count)) {
    // Not settled: it will be replayed, or the receipt says that it may be lost.
    records::free_take(take);
    graph_.stop_with(
        by.node,
        stopping(error, fmt::format("{} of the latest {} records were refused, which is a wrong schema rather than bad "
                                    "records (stop_after of the {}); the last one: {}",
                                    limit.rejects, limit.of, to.name, error.message)));
    return;
  }
  send_to_dead_letter(by, to, take, error);
}

void Verdicts::send_to_dead_letter(const Refuser& by, const PlanDeadLetter& to, HostBatch* take, const Error& error) {
  count_in(by.books, Verdict::dead_lettered, take->count);
  for (const std::string& line : by.node.refusals.refused(
           take->count, error.message, graph_.plan().nodes[to.to].name, [&] { return begin_of_payload(*take); },
           graph_.clock().monotonic_ns())) {
    graph_.log(by.node, SLUICE_LOG_WARN, line);
  }
  annotate(by.node, *take, error);
  take->since_ns = StageClock::recent_here(graph_.clock());
  by.node.stage->take_rejected(take);
}

/// What a sentence says of a record, or of the first: how its payload begins.
std::string Verdicts::begin_of_payload(const HostBatch& batch) const {
  const sluice_record& first = *batch.at(0);
  const std::string_view begin(reinterpret_cast<const char*>(first.data),
                               std::min<size_t>(first.size, size_t{4} * quoted_characters));
  const std::string shown = safe_text(graph_.plan().secrecy.masked(begin), quoted_characters);
  return shown.empty() ? "is empty" : "begins with " + shown;
}

void Verdicts::annotate(const NodeRuntime& node, HostBatch& batch, const Error& error) const {
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

void Verdicts::settle_losers(EdgeRuntime& edge, const EdgeQueue::Pushed& pushed) {
  for (HostBatch* list = pushed.losers; list != nullptr;) {
    HostBatch* loser = std::exchange(list, list->next);
    loser->next = nullptr;
    edge.discarded.fetch_add(loser->count, std::memory_order_relaxed);
    records::settle_take(loser, Verdict::discarded, StageClock::recent_here(graph_.clock()));
  }
  for (HostBatch* list = pushed.too_large; list != nullptr;) {
    HostBatch* record = std::exchange(list, list->next);
    record->next = nullptr;
    NodeRuntime& node = graph_.node(edge.plan == nullptr ? edge.to : edge.plan->from);
    const uint64_t bytes = records::payload_bytes(*record);
    edge.rejected.fetch_add(record->count, std::memory_order_relaxed);
    refuse({.node = node, .books = nullptr, .window = &edge.too_large, .before = edge.in_records()}, record,
           permanent(fmt::format("a record of {} bytes is larger than the whole buffer of the edge {}; raise its bytes",
                                 bytes, edge.name)));
  }
}

}  // namespace sluice::engine
