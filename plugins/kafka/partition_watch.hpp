// SPDX-License-Identifier: Apache-2.0
// Looks once a second at what each partition gives: sets its lag, and finds those that hold records and give none, and
// those whose broker is silent or missing. Says so in one sentence that names the first of them. Stage thread only.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "heartbeat.hpp"
#include "output_consumer.hpp"
#include "rebalance.hpp"
#include "silence.hpp"
#include "sluice/context.hpp"
#include "start_lookup.hpp"

namespace sluice::kafka {

class PartitionWatch {
 public:
  struct Finding {
    bool is_of_broker;  ///< a broker is silent or missing; else the partition itself gives nothing
    std::string sentence;
  };
  /// `heartbeat` may be null.
  PartitionWatch(Context context, const Settings& settings, const Heartbeat* heartbeat);
  /// Looks when a second has passed since it last did.
  void look(Consumer& consumer, StartLookup& lookup, Membership& membership);
  const std::optional<Finding>& finding() const { return finding_; }

 private:
  using Partition = Membership::Partition;
  bool is_silent(const Partition& partition, const Consumer& consumer, int64_t now_ns);
  void ask_again(const Partition& partition, Consumer& consumer);
  std::string why_silent(const Partition& partition) const;
  std::string why_still(const Partition& partition, int64_t end, int64_t stable_end) const;
  std::string place(const Partition& partition) const;
  void find(std::optional<Finding> finding);

  Context context_;
  const Settings& settings_;
  const Heartbeat* const heartbeat_;
  const int64_t silence_ns_;
  const bool reads_from_followers_;
  std::shared_ptr<const TopicFacts> topic_;
  // In a row, by partition.
  std::map<int32_t, int> leaderless_looks_;
  std::map<int32_t, int> refused_looks_;
  Leaderships leaderships_;
  Standstill standstill_;
  int64_t went_on_ns_ = 0;  ///< after the last standstill
  std::optional<Finding> finding_;
  int64_t look_at_ns_ = 0;
};

}  // namespace sluice::kafka
