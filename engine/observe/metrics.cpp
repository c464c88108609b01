// SPDX-License-Identifier: Apache-2.0
#include "observe/metrics.hpp"

#include <fmt/format.h>

#include "observe/latency_way.hpp"

namespace sluice::engine {
namespace {

using enum MetricKind;

constexpr std::string_view verdict_words[] = {"delivered", "accepted", "dead_lettered", "discarded", "failed"};
constexpr std::string_view status_words[] = {"ready", "connecting", "blocked"};

double seconds(int64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e9; }

using Settled = std::array<uint64_t, records::verdict_count>;

void add_settled(Family& family, const Labels& labels, const Settled& settled) {
  for (size_t i = 0; i < settled.size(); ++i) family.add(labels.with("verdict", verdict_words[i]), settled[i]);
}

void add_latency(Family& family, const Labels& labels, const LatencyReport& latency) {
  const auto at_most = latency.at_most();
  for (size_t i = 0; i < LatencyReport::bound_count; ++i) {
    const std::string bound = number_text(seconds(LatencyReport::bound_ns(i)));
    family.add_part("_bucket", labels.with("le", bound), at_most[i]);
  }
  family.add_part("_bucket", labels.with("le", "+Inf"), latency.count);
  family.add_part("_sum", labels, latency.sum_ns() / 1e9);
  family.add_part("_count", labels, latency.count);
}

class Writer {
 public:
  Writer(const Report& report, Exposition& to) : report_(report), to_(to), base_(graph_labels(report)) {}

  void write() {
    for (const NodeReport& node : report_.nodes) add_node(node);
    for (const NodeReport& node : report_.nodes) {
      if (node.is_source) add_source(node);
    }
    for (const EdgeReport& edge : report_.edges) add_edge(edge);
    if (report_.latency_budget_ns > 0) {
      to_.family("sluice_latency_budget_seconds", gauge, "How long a record may take to settle, as the graph declares.")
          .add(base_, seconds(report_.latency_budget_ns));
    }
    for (const StageReport& stage : report_.stages) {
      to_.family("sluice_stage_turns_total", counter, "Turns of the loop of a stage; at least one per second.")
          .add(base_.with("stage", stage.name), stage.turns);
    }
    for (const NodeReport& node : report_.nodes) add_plugin_metrics(node, labels_of(node), to_);
  }

 private:
  Labels labels_of(const NodeReport& node) const {
    return base_.with("node", node.name)
        .with("type", node.type)
        .with("kind", node.is_source ? "source"
                      : node.is_sink ? "sink"
                                     : "transform");
  }

  void add_node(const NodeReport& node) {
    const Labels labels = labels_of(node);
    to_.family("sluice_node_in_records_total", counter,
               "Records that entered a node; for a source, records that it emitted.")
        .add(labels, node.in);
    to_.family("sluice_node_in_batches_total", counter, "Batches that entered a node.").add(labels, node.in_batches);
    to_.family("sluice_node_out_records_total", counter, "Records that a node passed on.").add(labels, node.out);
    to_.family("sluice_node_out_batches_total", counter, "Batches that a node passed on.")
        .add(labels, node.out_batches);
    to_.family("sluice_node_made_records_total", counter, "Records that a node added: copies, and one to many.")
        .add(labels, node.made);
    to_.family("sluice_node_folded_records_total", counter, "Records that a node merged into others: many to one.")
        .add(labels, node.folded);
    add_settled(to_.family("sluice_node_settled_records_total", counter,
                           "Records that settled at a node, by verdict; dead_lettered are its rejected records."),
                labels, node.settled);
    for (const auto& [reason, count] : node.discards) {
      to_.family("sluice_node_discarded_records_total", counter, "Records that a node discarded, by reason.")
          .add(labels.with("reason", reason), count);
    }
    to_.family("sluice_node_held_records", gauge, "Records that a node owns now: neither passed on nor settled.")
        .add(labels, node.held);
    if (node.holds) {
      add_latency(to_.family("sluice_node_held_seconds", histogram,
                             "From the first record of a held batch until the batch leaves, counted by record."),
                  labels, node.held_time);
    }
    for (uint32_t i = 0; i < std::size(status_words); ++i) {
      to_.family("sluice_node_status", gauge, "1 for the status that a node has now, 0 for the others.")
          .add(labels.with("status", status_words[i]), uint64_t{node.status == i + 1 ? 1U : 0U});
    }
  }

  void add_source(const NodeReport& node) {
    const Labels labels = labels_of(node);
    const AccountReport& account = node.account;
    to_.family("sluice_source_received_records_total", counter, "Records that a source emitted.")
        .add(labels, account.received);
    to_.family("sluice_source_received_bytes_total", counter, "Payload bytes of the records that a source emitted.")
        .add(labels, node.out_bytes);
    to_.family("sluice_source_made_records_total", counter,
               "Records that downstream nodes made from those of a source.")
        .add(labels, account.made);
    add_settled(to_.family("sluice_source_settled_records_total", counter,
                           "Records of a source that have their last verdict, by verdict."),
                labels, account.settled);
    to_.family("sluice_source_unsettled_records", gauge, "Records of a source without a verdict.")
        .add(labels, account.unsettled);
    to_.family("sluice_source_relinquished_records_total", counter,
               "Records of a source that ended without a verdict, because it gives them out again.")
        .add(labels, account.relinquished);
    to_.family("sluice_source_unsettled_bytes", gauge, "Payload bytes of the unsettled records.")
        .add(labels, account.unsettled_bytes);
    if (account.uncommitted) {
      to_.family("sluice_source_uncommitted_records", gauge,
                 "Records of a source that have settled and are not committed yet: a crash repeats them.")
          .add(labels, *account.uncommitted);
    }
    to_.family("sluice_source_in_flight_limit_records", gauge, "How many records of a source may be unsettled at once.")
        .add(labels, node.in_flight.records);
    to_.family("sluice_source_in_flight_limit_bytes", gauge, "How many bytes of a source may be unsettled at once.")
        .add(labels, node.in_flight.bytes);
    to_.family("sluice_source_oldest_unsettled_seconds", gauge, "Age of the oldest unsettled batch of a source.")
        .add(labels, seconds(account.oldest_unsettled_ns));
    add_latency(to_.family("sluice_source_settle_seconds", histogram,
                           "From the emission of a source batch to its last verdict, counted by record."),
                labels, account.latency);
    if (report_.latency_budget_ns > 0) {
      to_.family("sluice_source_over_budget_records_total", counter,
                 "Records that took longer to settle than the graph declares.")
          .add(labels, account.over_budget);
    }
    for (const PartitionReport& partition : node.partitions) {
      const Labels of_partition = labels.with("partition", partition.name);
      to_.family("sluice_source_settled_position", gauge, "The position up to which a partition has settled.")
          .add(of_partition, partition.settled);
      to_.family("sluice_source_committed_position", gauge, "The position that the server has committed.")
          .add(of_partition, partition.committed);
    }
  }

  void add_edge(const EdgeReport& edge) {
    const Labels labels = base_.with("edge", edge.name)
                              .with("from", edge.from)
                              .with("to", edge.to)
                              .with("kind", edge.is_dead_letter ? "dead_letter"
                                            : edge.is_buffered  ? "buffered"
                                                                : "direct");
    to_.family("sluice_edge_in_records_total", counter, "Records that entered an edge.").add(labels, edge.in);
    to_.family("sluice_edge_in_batches_total", counter, "Batches that entered an edge.").add(labels, edge.in_batches);
    to_.family("sluice_edge_out_records_total", counter, "Records that left an edge for its downstream node.")
        .add(labels, edge.out);
    if (report_.nodes[edge.to_node].is_sink) {
      add_latency(to_.family("sluice_edge_settling_seconds", histogram,
                             "From when a sink takes a batch from an edge until its verdict, counted by record."),
                  labels, edge.settling_time);
    }
    if (!edge.is_buffered) return;
    add_latency(to_.family("sluice_edge_waiting_seconds", histogram,
                           "From the hand-over to an edge until its stage takes the batch, counted by record."),
                labels, edge.waiting_time);
    to_.family("sluice_edge_in_bytes_total", counter, "Memory bytes of the batches that entered an edge.")
        .add(labels, edge.in_bytes);
    to_.family("sluice_edge_dropped_records_total", counter, "Records dropped on a full edge, by its when_full.")
        .add(labels.with("reason", word(edge.when_full)), edge.discarded);
    to_.family("sluice_edge_too_large_records_total", counter, "Single records larger than the byte bound of the edge.")
        .add(labels, edge.rejected);
    to_.family("sluice_edge_waiting_records", gauge, "Records that wait in an edge.").add(labels, edge.waiting);
    to_.family("sluice_edge_waiting_bytes", gauge, "Memory bytes of the waiting records.")
        .add(labels, edge.waiting_bytes);
    to_.family("sluice_edge_limit_records", gauge, "How many records may wait in an edge.")
        .add(labels, edge.bound_records);
    to_.family("sluice_edge_limit_bytes", gauge, "How many bytes may wait in an edge.").add(labels, edge.bound_bytes);
    to_.family("sluice_edge_parked_records", gauge,
               "Records that found no room in an edge. Its upstream stage holds them and pauses.")
        .add(labels, edge.parked);
    if (edge.takes_over) add_account(edge, labels);
  }

  void add_account(const EdgeReport& edge, const Labels& labels) {
    const AccountReport& account = edge.account;
    to_.family("sluice_edge_accepted_records_total", counter, "Records that an on_accept edge took over.")
        .add(labels, account.received);
    add_settled(to_.family("sluice_edge_settled_records_total", counter,
                           "Records that an edge took over and that have their last verdict, by verdict."),
                labels, account.settled);
    to_.family("sluice_edge_unsettled_records", gauge, "Records that an edge took over and that have no verdict.")
        .add(labels, account.unsettled);
    to_.family("sluice_edge_oldest_unsettled_seconds", gauge, "Age of the oldest unsettled batch that an edge owns.")
        .add(labels, seconds(account.oldest_unsettled_ns));
    add_latency(to_.family("sluice_edge_settle_seconds", histogram,
                           "From when an edge takes a record over until its last verdict."),
                labels, account.latency);
  }

  const Report& report_;
  Exposition& to_;
  const Labels base_;
};

}  // namespace

Labels graph_labels(const Report& report) {
  return Labels().with("graph", report.graph).with("process", report.process);
}

void add_latency_ways(const Report& before, const Report& now, Exposition& exposition) {
  const Labels base = graph_labels(now);
  for (const LatencyWay& way : latency_ways(before, now)) {
    const Labels of_way = base.with("source", way.source).with("sink", way.sink);
    for (size_t i = 0; i < way.parts.size(); ++i) {
      const LatencyPart& part = way.parts[i];
      const Labels labels = of_way.with("part", part.name).with("kind", word(part.kind));
      Family& family = exposition.family("sluice_latency_part_seconds", gauge,
                                         "Where records recently spent their time between a source and a sink.");
      family.add(labels.with("quantile", "0.5"), seconds(part.p50_ns));
      family.add(labels.with("quantile", "0.99"), seconds(part.p99_ns));
      exposition.family("sluice_latency_largest_part", gauge, "1 for the part that recently took the longest, else 0.")
          .add(labels, uint64_t{i == way.largest ? 1U : 0U});
    }
  }
}

void add_metrics(const Report& report, Exposition& exposition) { Writer(report, exposition).write(); }

}  // namespace sluice::engine
