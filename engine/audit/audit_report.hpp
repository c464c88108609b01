// SPDX-License-Identifier: Apache-2.0
// What an audit found, for people, programs and the picture. Plain values, complete when they are made.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "audit/time_buckets.hpp"
#include "runtime/latency.hpp"

namespace sluice::engine {

/// Ids that are missing between two that are held. Times in microseconds since 1970; 0: not known.
struct AuditHole {
  int64_t first = 0, last = 0;
  int64_t after = 0, before = 0;  ///< times of the records on both sides
  uint64_t elsewhere = 0;         ///< how many of these ids another store holds
  uint64_t count() const { return static_cast<uint64_t>(last - first) + 1; }
};

/// A range of ids that are held, for the picture.
struct AuditRange {
  int64_t from = 0, to = 0;  ///< times
};

/// What records of a series sum up, compared with those that are held of it.
struct AuditFolds {
  std::string of;
  int64_t first = 0, last = 0;   ///< the ids that both speak of
  uint64_t folded = 0;           ///< ids between the two that are summed up
  uint64_t folded_not_held = 0;  ///< and not held
  uint64_t held_not_folded = 0;
  uint64_t folded_twice = 0;  ///< ids that several records sum up
};

/// One key of a series in one store.
struct AuditKey {
  std::string key;
  uint64_t records = 0;
  int64_t first = 0, last = 0;     ///< ids
  int64_t from = 0, to = 0;        ///< times of the oldest and the newest record
  uint64_t repeats = 0;            ///< records with an id that had come
  std::optional<uint64_t> late{};  ///< records behind one with a greater id; nothing: the store has no order
  uint64_t missing = 0;            ///< ids
  uint64_t left_out = 0;           ///< ids that there was no room for, so that they cannot be judged
  std::vector<AuditHole> holes{};  ///< of consecutive ids
  std::optional<AuditFolds> folds{};
  double per_minute = 0;  ///< records, on the average; 0: no times are known
  std::vector<AuditRange> ranges{};
  std::optional<TimeBuckets> buckets{};
};

struct AuditSeries {
  std::string name;
  bool is_consecutive = false;
  std::vector<AuditKey> keys{};      ///< by their names
  LatencyReport event_to_receipt{};  ///< times in nanoseconds
  LatencyReport receipt_to_store{};
  LatencyReport event_to_store{};
};

struct AuditStore {
  std::string name;
  std::string failure{};  ///< why it could not be read to its end; empty: it was
  uint64_t records = 0;
  uint64_t other_records = 0;  ///< of no series
  uint64_t unreadable = 0;     ///< no JSON object, or an id that is no whole number
  std::vector<AuditSeries> series{};
};

struct AuditReport {
  std::string graph;
  std::vector<AuditStore> stores;
  std::vector<std::string> not_audited;  ///< stores that cannot be read this way

  bool is_read() const;
  uint64_t records() const;
  uint64_t missing() const;
  uint64_t left_out() const;
  /// All could be read, something is held, and nothing is missing in it.
  bool is_complete() const { return is_read() && records() > 0 && missing() == 0 && left_out() == 0; }
};

/// As one line of JSON, with a line end.
std::string audit_json(const AuditReport& report);
/// `most_holes`: how many are listed of all.
std::string audit_text(const AuditReport& report, size_t most_holes = 20);
/// `report` must have been made for a picture.
std::string audit_svg(const AuditReport& report);

}  // namespace sluice::engine
