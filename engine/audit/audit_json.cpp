// SPDX-License-Identifier: Apache-2.0
#include "audit/audit_report.hpp"
#include "audit/times.hpp"
#include "graph/json_writer.hpp"

namespace sluice::engine {
namespace {

void write_time(JsonWriter& json, std::string_view name, int64_t time_us) {
  json.key(name);
  if (time_us > 0) {
    json.value(audit_time(time_us));
  } else {
    json.null();
  }
}

void write_delay(JsonWriter& json, std::string_view name, const LatencyReport& delay) {
  json.key(name);
  if (delay.count == 0) {
    json.null();
    return;
  }
  json.begin_object().member("records", delay.count);
  json.member("p50_ns", delay.quantile_ns(0.5)).member("p99_ns", delay.quantile_ns(0.99)).end_object();
}

void write_folds(JsonWriter& json, const AuditFolds& folds) {
  json.key("folds").begin_object();
  json.member("of", folds.of).member("first", folds.first).member("last", folds.last).member("folded", folds.folded);
  json.member("folded_not_held", folds.folded_not_held).member("held_not_folded", folds.held_not_folded);
  json.member("folded_twice", folds.folded_twice).end_object();
}

void write_key(JsonWriter& json, const AuditSeries& series, const AuditKey& key) {
  json.begin_object();
  json.member("series", series.name).member("key", key.key);
  json.member("rule", series.is_consecutive ? "consecutive" : "rising");
  json.member("records", key.records).member("first", key.first).member("last", key.last);
  write_time(json, "from", key.from);
  write_time(json, "to", key.to);
  json.member("missing", key.missing).member("left_out", key.left_out).member("repeats", key.repeats);
  json.key("late");
  if (key.late) {
    json.value(*key.late);
  } else {
    json.null();
  }
  json.member("per_minute", static_cast<uint64_t>(key.per_minute + 0.5));
  json.list("holes", key.holes, [&](const AuditHole& hole) {
    json.begin_object().member("first", hole.first).member("last", hole.last).member("count", hole.count());
    write_time(json, "after", hole.after);
    write_time(json, "before", hole.before);
    json.member("elsewhere", hole.elsewhere).end_object();
  });
  if (key.folds) write_folds(json, *key.folds);
  json.end_object();
}

}  // namespace

std::string audit_json(const AuditReport& report) {
  JsonWriter json;
  json.begin_object().member("graph", report.graph).member("complete", report.is_complete());
  json.member("read", report.is_read()).member("records", report.records()).member("missing", report.missing());
  json.list("stores", report.stores, [&](const AuditStore& store) {
    json.begin_object().member("store", store.name);
    json.key("failure");
    if (store.failure.empty()) {
      json.null();
    } else {
      json.value(store.failure);
    }
    json.member("records", store.records).member("other_records", store.other_records);
    json.member("unreadable", store.unreadable).key("keys").begin_list();
    for (const AuditSeries& series : store.series) {
      for (const AuditKey& key : series.keys) write_key(json, series, key);
    }
    json.end_list();
    json.list("delays", store.series, [&](const AuditSeries& series) {
      json.begin_object().member("series", series.name);
      write_delay(json, "event_to_receipt", series.event_to_receipt);
      write_delay(json, "receipt_to_store", series.receipt_to_store);
      write_delay(json, "event_to_store", series.event_to_store);
      json.end_object();
    });
    json.end_object();
  });
  json.list("not_audited", report.not_audited).end_object();
  return json.take() + "\n";
}

}  // namespace sluice::engine
