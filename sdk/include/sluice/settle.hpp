// SPDX-License-Identifier: Apache-2.0
// Settles a batch of which the outside did not take every record: each refused record fails alone with its own error,
// and the others get the sink's verdict. Every record settles exactly once. Any thread that owns the batch.
#pragma once
#include <algorithm>
#include <cassert>
#include <span>
#include <vector>

#include "sluice/batch.hpp"

namespace sluice {
inline namespace v1 {

/// A record that the outside does not take, by its position in its batch. A permanent error sends it to its dead
/// letter.
struct Refused {
  uint32_t record = 0;
  Error error{};
};

/// What a sink says of the records that the outside has taken.
enum class Taken { delivered, accepted };

/// Settles the batch, and gives back the records in `held` as a batch of their own, in order and unsettled; an empty
/// handle when there are none. Both lists may be in any order. A record that is refused twice fails with the first
/// error; one that is refused and held fails. Allocates only when a record is refused or held.
inline Batch settle_refusing(Batch batch, std::vector<Refused> refused, Taken taken = Taken::delivered,
                             std::span<const uint32_t> held = {}) {
  const auto take = [taken](Batch good) {
    if (taken == Taken::accepted) {
      std::move(good).accept();
    } else {
      std::move(good).deliver();
    }
  };
  if (refused.empty() && held.empty()) {
    take(std::move(batch));
    return {};
  }
  const auto by_record = [](const Refused& one, const Refused& two) { return one.record < two.record; };
  const auto same = [](const Refused& one, const Refused& two) { return one.record == two.record; };
  std::stable_sort(refused.begin(), refused.end(), by_record);
  refused.erase(std::unique(refused.begin(), refused.end(), same), refused.end());
  assert(refused.empty() || refused.back().record < batch.size());
  std::vector<uint8_t> lanes(batch.size(), 0);
  for (const uint32_t record : held) lanes[record] = 2;
  for (const Refused& each : refused) lanes[each.record] = 1;
  std::vector<Batch> parts = std::move(batch).split(lanes.data(), 3);
  if (parts[0]) take(std::move(parts[0]));
  Batch& bad = parts[1];
  for (const Refused& each : refused) {
    Batch one = bad.size() > 1 ? bad.cut(1) : std::move(bad);
    std::move(one).fail(each.error);
  }
  return std::move(parts[2]);
}

}  // namespace v1
}  // namespace sluice
