// SPDX-License-Identifier: Apache-2.0
// Notices that another producer writes to the same partitions, by the offsets that this one did not get. Costs no
// request and needs no right. Counts each record of another producer and reports the first ones. The thread that takes
// delivery reports; `begin` is for any.
#pragma once
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "settings.hpp"
#include "sluice/context.hpp"

namespace sluice::kafka {

class OtherWriters {
 public:
  OtherWriters(Context context, const Settings& settings);
  /// From here on another producer is worth a report. Many programs may write to a topic of dead letters.
  void begin() { is_begun_.store(true, std::memory_order_relaxed); }
  /// A record was stored there; records of a partition come in order.
  void stored(int32_t partition, int64_t offset) {
    if (!is_begun_.load(std::memory_order_relaxed)) return;
    const auto index = static_cast<size_t>(partition);
    if (index < next_.size() && next_[index] == offset) {
      ++next_[index];
    } else {
      out_of_step(index, offset);
    }
  }
  /// Some records may have been stored twice, so the next offsets say nothing.
  void forget() { next_.clear(); }

 private:
  void out_of_step(size_t partition, int64_t offset);

  const Context context_;
  const std::string topic_;
  const std::string lock_;
  const Metric foreign_;
  std::atomic<bool> is_begun_{false};
  bool is_reported_ = false;
  std::vector<int64_t> next_;  ///< by partition; below 0: not known
};

}  // namespace sluice::kafka
