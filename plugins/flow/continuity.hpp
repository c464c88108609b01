// SPDX-License-Identifier: Apache-2.0
// `continuity`: passes every record on, unchanged and in order, and looks whether the ids of each series follow one
// another. What does not follow is counted and logged, and reported by the port `gaps`, if that leads anywhere. A
// report and its record are parts of one token: the position of the source moves past neither before both have settled.
// Remembers at most `max_keys` series, in memory only; its first id begins a series. It holds nothing back, and it
// neither repairs nor drops anything.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gap_report.hpp"
#include "json_fields.hpp"
#include "series_table.hpp"
#include "sluice/node.hpp"
#include "sluice/option.hpp"

namespace sluice::flow {

class Continuity : public Transform {
 public:
  static void describe(Config options, Description& to);
  static Result<std::unique_ptr<Continuity>> open(Context context, Config options);
  Continuity(Context context, Config options);
  Result<void> process(uint32_t port, Batch batch) override;
  Result<void> flush(Flush why) override;

 private:
  /// What was found in one batch; its first sentence is logged.
  struct Finding {
    Metric total;
    uint64_t count = 0;
    std::string first{};
  };
  void check(uint32_t index, const Record& record);
  std::optional<int64_t> id_of(const Record& record);
  void take(uint32_t index, const Record& record, SeriesTable::Entry& entry, int64_t id);
  void note(const GapReport& found, int64_t highest);
  /// Counts and logs what was found, and forgets it.
  void tell(Finding& finding, std::string_view what);
  void emit_with_reports(Batch batch);

  Context context_;
  const IdRule rule_;
  const uint32_t restart_after_;
  const int64_t max_keys_;
  const int32_t id_slot_;  ///< of the attribute, if the id is one
  const std::vector<JsonFields::Path> id_paths_;
  const bool reports_gaps_, reports_repeats_;
  JsonFields fields_;
  SeriesTable series_;
  const Metric series_gauge_, missing_ids_;
  Finding gaps_, repeated_, regressed_, restarted_, unchecked_;

  // Of one batch.
  std::vector<GapReport> reports_;
  std::vector<uint32_t> copies_;
  std::vector<uint8_t> lanes_;
  std::vector<uint32_t> sizes_;
  std::string text_;
};

inline constexpr sluice_str continuity_rules[] = {to_str("consecutive"), to_str("increasing")};
inline constexpr sluice_str continuity_repeats[] = {to_str("count"), to_str("report")};
inline constexpr sluice_option continuity_key = option::attribute("attribute", "An attribute of the record.");
inline constexpr sluice_option continuity_id[] = {
    option::text("attribute", "The attribute that is the id.").such_as("id"),
    option::list("from", "The field of the payload that is the id. In a list, the first one present is used.",
                 json_path)
        .one_or_list()
        .between(1, 16)
        .such_as("[t, a]"),
};
inline constexpr sluice_option continuity_options[] = {
    option::list("key", "The attributes that name a series. Ids are compared within a series.", continuity_key)
        .required()
        .one_or_list()
        .between(1, 16)
        .such_as("stream"),
    option::object("id", "Where the id of a record is: an attribute or a field of the payload.", continuity_id)
        .required()
        .such_as("{ attribute: id }"),
    option::choice("rule",
                   "consecutive: each id is one above the id before it. increasing: each id is above the id before it.",
                   continuity_rules)
        .or_else("consecutive"),
    option::choice(
        "repeats",
        "What to do about ids that repeat or go back. count: count them. report: also report them on port gaps.",
        continuity_repeats)
        .or_else("count"),
    option::count("max_keys", "How many series to remember. Records of further series pass unchecked, and are counted.")
        .or_else("10k")
        .between(1, 1'000'000),
    option::count("restart_after",
                  "So many records in a row of a series that are not above its highest id start the series anew.")
        .or_else("10k")
        .between(1, 1'000'000'000)
        .advanced(),
};

}  // namespace sluice::flow
