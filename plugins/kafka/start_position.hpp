// SPDX-License-Identifier: Apache-2.0
// Where reading of a partition begins: at the committed offset, else where `start` says, and where `expired` says when
// the records at the committed offset are gone or never were. A partition that came later is read from its beginning.
// librdkafka has one setting for both cases, so this is decided here, before a partition is assigned. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "settings.hpp"
#include "sluice/result.hpp"

namespace sluice::kafka {

/// What the cluster says of one partition.
struct Offsets {
  std::optional<int64_t> wanted;  ///< committed, or where reading stood; nothing: the group has committed nothing yet
  int64_t begin = 0;              ///< of the oldest record that is kept
  int64_t end = 0;                ///< behind the newest
  bool came_later = false;        ///< the topic got this partition after the group had begun with it
};

struct StartPosition {
  int64_t offset = 0;
  std::string note{};         ///< not empty: what a person should know, because records were skipped or are read again
  bool must_be_kept = false;  ///< to be committed at once: another start would find another one
  int64_t left_out = 0;       ///< offsets that `start: latest` leaves out
};

/// An operator's error when the wanted offset is outside of what is kept and `expired` is error.
Result<StartPosition> start_position(const Settings& settings, int32_t partition, const Offsets& offsets);

}  // namespace sluice::kafka
