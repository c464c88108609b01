// SPDX-License-Identifier: Apache-2.0
#include "flight.hpp"

#include <algorithm>

namespace sluice::kafka {

void Flight::sort_failed() {
  std::sort(failed.begin(), failed.end(), [](const auto& one, const auto& two) { return one.record < two.record; });
}

std::optional<uint32_t> FlightTable::take(Batch& batch) {
  const std::lock_guard lock(mutex_);
  if (free_.empty()) return std::nullopt;
  const uint32_t slot = free_.back();
  free_.pop_back();
  Flight& flight = flights_[slot];
  flight.batch = std::move(batch);
  flight.sequence = next_sequence_++;
  flight.next = 0;
  flight.failed.clear();
  flight.refused.clear();
  flight.refused_here.clear();
  return slot;
}

Batch FlightTable::release(uint32_t slot) {
  const std::lock_guard lock(mutex_);
  Flight& flight = flights_[slot];
  Batch batch = std::move(flight.batch);
  flight.sequence = 0;
  free_.push_back(slot);
  return batch;
}

std::vector<uint32_t> FlightTable::in_order() {
  const std::lock_guard lock(mutex_);
  std::vector<uint32_t> slots;
  for (uint32_t slot = 0; slot < flights_.size(); ++slot) {
    if (flights_[slot].sequence != 0) slots.push_back(slot);
  }
  std::sort(slots.begin(), slots.end(),
            [&](uint32_t one, uint32_t two) { return flights_[one].sequence < flights_[two].sequence; });
  return slots;
}

}  // namespace sluice::kafka
