// SPDX-License-Identifier: Apache-2.0
// The timescale node: describes itself, hands its batches to its writer and never waits for the database. `probe` asks
// the real server what `describe` can only assume.
#pragma once
#include <memory>

#include "sluice/node.hpp"
#include "writer.hpp"

namespace sluice::timescale {

class TimescaleSink : public Sink {
 public:
  static void describe(Config config, Description& description);
  static Result<void> probe(Config config, Description& description);
  static Result<std::unique_ptr<TimescaleSink>> open(Context context, Config config);

  explicit TimescaleSink(std::unique_ptr<Writer> writer) : writer_(std::move(writer)) {}
  Result<void> start() override;
  Result<void> write(Batch batch) override;

 private:
  std::unique_ptr<Writer> writer_;
};

}  // namespace sluice::timescale
