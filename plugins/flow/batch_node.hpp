// SPDX-License-Identifier: Apache-2.0
// `batch`: gathers records until one of its bounds is reached and passes them on as one batch, in order. A full batch
// has exactly `records` records; with `bytes` it never exceeds those, unless a single record does. `within` counts from
// the arrival of the oldest record held, by the monotonic clock. Flush emits at once. Settles nothing and loses
// nothing: what it holds stays unsettled upstream.
#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "sluice/node.hpp"
#include "sluice/option.hpp"

namespace sluice::flow {

class BatchNode : public Transform {
 public:
  static void describe(Config options, Description& to);
  static Result<std::unique_ptr<BatchNode>> open(Context context, Config options);
  BatchNode(Context context, Config options);
  Result<void> process(uint32_t port, Batch batch) override;
  Result<void> on_timer(int64_t monotonic_ns) override;
  Result<void> flush(Flush why) override;

 private:
  struct Cuts {
    uint32_t taken;     ///< records that got a lane
    uint32_t lanes;     ///< lane 0 completes what is held
    bool last_is_full;  ///< whether the last lane is complete
    uint64_t last_bytes;
  };
  Cuts assign_lanes(const Batch& batch);
  void take(Batch batch, const Cuts& cuts, int64_t now_ns);
  void hold(Batch part, uint64_t held_bytes, int64_t now_ns);
  void emit_held();

  Context context_;
  const uint64_t records_;
  const uint64_t bytes_;     ///< 0: no bound
  const int64_t within_ns_;  ///< 0: no bound
  Batch held_;
  uint64_t held_bytes_ = 0;
  int64_t oldest_ns_ = 0;
  std::vector<uint8_t> lanes_;
};

inline constexpr sluice_option batch_options[] = {
    option::count("records", "The number of records in a full batch.").required().between(1, 10'000'000).such_as("500"),
    option::size("bytes", "The most payload bytes in a batch. Only a single larger record may exceed it.")
        .at_least(1)
        .such_as("1MiB"),
    option::duration("within", "The longest time that a record waits for its batch to fill. Default: no limit.")
        .at_least(1)
        .such_as("2s"),
};

}  // namespace sluice::flow
