// SPDX-License-Identifier: Apache-2.0
// The timescale node: describes itself, hands its batches to its writer and never waits for the database. `probe` asks
// the real server what `describe` can only assume.
#pragma once
#include <memory>

#include "newest_rows.hpp"
#include "sluice/node.hpp"
#include "sluice/scan.hpp"
#include "writer.hpp"

namespace sluice::timescale {

class TimescaleSink : public Sink {
 public:
  static void describe(Config config, Description& description);
  static Result<void> probe(Config config, Description& description);
  /// Reads all rows: waits for the database.
  static Result<void> scan(Config config, const ScanQuery& query, ScanTaker& taker);
  static Result<std::unique_ptr<TimescaleSink>> open(Context context, Config config);

  TimescaleSink(Context context, Settings settings, std::unique_ptr<Writer> writer)
      : context_(context), settings_(std::move(settings)), writer_(std::move(writer)) {}
  Result<void> start() override;
  Result<void> write(Batch batch) override;
  /// Waits for the database: a thread of its own.
  Result<void> tail(const sluice_tail_query& query, TailTaker& taker) const {
    return read_newest_rows(context_, settings_, query, taker);
  }

 private:
  const Context context_;
  const Settings settings_;
  std::unique_ptr<Writer> writer_;
};

}  // namespace sluice::timescale
