// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "audit/audit_report.hpp"
#include "audit/times.hpp"
#include "observe/numbers.hpp"
#include "sluice/safe_text.hpp"

namespace sluice::engine {
namespace {

std::string counted(uint64_t count, std::string_view one, std::string_view many) {
  return grouped(count) + " " + std::string(count == 1 ? one : many);
}

std::string range_text(int64_t first, int64_t last) {
  return first == last ? std::to_string(first) : fmt::format("{}..{}", first, last);
}

std::string rate_text(double per_minute) {
  if (per_minute <= 0) return "-";
  return per_minute < 100 ? fmt::format("{:.1f}", per_minute) : grouped(static_cast<uint64_t>(per_minute + 0.5));
}

/// The rows of one store, under each other.
std::string table_of(const AuditStore& store) {
  size_t series_width = 6, key_width = 3, ids_width = 3;
  for (const AuditSeries& series : store.series) {
    series_width = std::max(series_width, series.name.size());
    for (const AuditKey& key : series.keys) {
      key_width = std::max(key_width, key.key.size());
      ids_width = std::max(ids_width, range_text(key.first, key.last).size());
    }
  }
  const auto row = [&](std::string_view series, std::string_view key, const auto&... rest) {
    return fmt::format("  {:{}}  {:{}}  ", series, series_width, key, key_width) +
           fmt::format("{:>11}  {:<{}}  {:>9}  {:>7}  {:>5}  {:>8}\n", rest...);
  };
  std::string text = row("series", "key", "records", "ids", ids_width, "missing", "repeats", "late", "a minute");
  for (const AuditSeries& series : store.series) {
    for (const AuditKey& key : series.keys) {
      text += row(series.name, safe_text(key.key), grouped(key.records), range_text(key.first, key.last), ids_width,
                  series.is_consecutive ? grouped(key.missing) : "-", grouped(key.repeats),
                  key.late ? grouped(*key.late) : "-", rate_text(key.per_minute));
    }
  }
  return text;
}

std::string folds_text(const AuditSeries& series) {
  std::string text;
  uint64_t agreeing = 0;
  std::string of;
  for (const AuditKey& key : series.keys) {
    if (!key.folds) continue;
    const AuditFolds& folds = *key.folds;
    of = folds.of;
    const bool agrees = folds.folded_not_held == 0 && folds.held_not_folded == 0 && folds.folded_twice == 0;
    if (agrees) {
      ++agreeing;
      continue;
    }
    text +=
        fmt::format("  {} of {}, {} ids {}: {} summed up and not held, {} held and not summed up, {} summed up twice\n",
                    series.name, safe_text(key.key), folds.of, range_text(folds.first, folds.last),
                    grouped(folds.folded_not_held), grouped(folds.held_not_folded), grouped(folds.folded_twice));
  }
  if (agreeing > 0) {
    text += fmt::format("  {} of {}: every {} id that is summed up is held, and the other way round\n", series.name,
                        counted(agreeing, "key", "keys"), of);
  }
  return text;
}

std::string delays_text(const AuditSeries& series) {
  std::string text;
  const auto add = [&](std::string_view way, const LatencyReport& delay) {
    if (delay.count == 0) return;
    text += fmt::format("{}{}: p50 {}, p99 {}", text.empty() ? "" : "; ", way, rounded_duration(delay.quantile_ns(0.5)),
                        rounded_duration(delay.quantile_ns(0.99)));
  };
  add("event to receipt", series.event_to_receipt);
  add("receipt to store", series.receipt_to_store);
  if (series.event_to_receipt.count == 0 || series.receipt_to_store.count == 0) {
    add("event to store", series.event_to_store);
  }
  return text.empty() ? text : fmt::format("  delay of {}, {}\n", series.name, text);
}

std::string hole_text(const AuditStore& store, const AuditSeries& series, const AuditKey& key, const AuditHole& hole) {
  std::string text = fmt::format("  {} {} of {}: {} ({})", store.name, series.name, safe_text(key.key),
                                 range_text(hole.first, hole.last), counted(hole.count(), "id", "ids"));
  if (hole.after > 0 && hole.before > 0) {
    text += fmt::format(", between {} and {}", audit_time(hole.after), audit_time(hole.before));
  }
  if (hole.elsewhere > 0) text += fmt::format("; another store holds {} of them", grouped(hole.elsewhere));
  return text + "\n";
}

std::string holes_text(const AuditReport& report, size_t most) {
  std::string text;
  uint64_t holes = 0;
  for (const AuditStore& store : report.stores) {
    for (const AuditSeries& series : store.series) {
      for (const AuditKey& key : series.keys) {
        for (const AuditHole& hole : key.holes) {
          if (holes++ < most) text += hole_text(store, series, key, hole);
        }
      }
    }
  }
  if (holes == 0) return text;
  if (holes > most)
    text += fmt::format("  and {} (--json lists all)\n", counted(holes - most, "further hole", "further holes"));
  return "\nmissing\n" + text;
}

std::string verdict(const AuditReport& report) {
  std::string text;
  const uint64_t missing = report.missing();
  if (report.records() == 0) {
    text = report.is_read() ? "not complete: no store holds a record of a series" : "";
  } else if (missing > 0) {
    uint64_t holes = 0;
    for (const AuditStore& store : report.stores) {
      for (const AuditSeries& series : store.series) {
        for (const AuditKey& key : series.keys) holes += key.holes.size();
      }
    }
    text = fmt::format("not complete: {} missing in {}", counted(missing, "id is", "ids are"),
                       counted(holes, "hole", "holes"));
  } else if (report.left_out() == 0 && report.is_read()) {
    text = fmt::format("complete: no id is missing between the first and the last of each key, in {}",
                       counted(report.records(), "record", "records"));
  }
  const auto add = [&](const std::string& sentence) { text += (text.empty() ? "not known: " : "; ") + sentence; };
  if (report.left_out() > 0) {
    add(fmt::format("{} could not be judged, because there are too many holes or keys",
                    counted(report.left_out(), "record", "records")));
  }
  if (!report.is_read()) {
    std::string names;
    for (const AuditStore& store : report.stores) {
      if (!store.failure.empty()) names += (names.empty() ? "" : ", ") + store.name;
    }
    add(names + " could not be read to the end");
  }
  return text + "\n";
}

}  // namespace

std::string audit_text(const AuditReport& report, size_t most_holes) {
  std::string text;
  for (const AuditStore& store : report.stores) {
    text += fmt::format("{}: {}", store.name, counted(store.records, "record", "records"));
    if (store.other_records > 0) text += fmt::format(", {} of no series", grouped(store.other_records));
    if (store.unreadable > 0) text += fmt::format(", {} unreadable", grouped(store.unreadable));
    text += "\n";
    if (!store.failure.empty()) text += "  could not be read to its end: " + store.failure + "\n";
    if (!store.series.empty()) text += table_of(store);
    for (const AuditSeries& series : store.series) text += folds_text(series);
    for (const AuditSeries& series : store.series) text += delays_text(series);
    text += "\n";
  }
  for (const std::string& name : report.not_audited) {
    text += fmt::format("{}: not audited, its node type cannot be read again\n\n", name);
  }
  const std::string holes = holes_text(report, most_holes);
  if (!holes.empty()) text += holes.substr(1) + "\n";
  return text + verdict(report);
}

}  // namespace sluice::engine
