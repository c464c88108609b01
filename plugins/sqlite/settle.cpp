// SPDX-License-Identifier: Apache-2.0
#include "settle.hpp"

#include <vector>

namespace sluice::sqlite {

Batch settle(Batch batch, std::span<const std::pair<uint32_t, Error>> refused, const std::map<uint32_t, Fault>& held) {
  if (refused.empty() && held.empty()) {
    std::move(batch).deliver();
    return {};
  }
  std::vector<uint8_t> lanes(batch.size(), 0);
  for (const auto& [index, error] : refused) lanes[index] = 1;
  for (const auto& [index, fault] : held) lanes[index] = 2;
  std::vector<Batch> parts = std::move(batch).split(lanes.data(), 3);
  if (parts[0]) std::move(parts[0]).deliver();
  Batch& bad = parts[1];
  for (const auto& [index, error] : refused) {
    Batch one = bad.size() > 1 ? bad.cut(1) : std::move(bad);
    std::move(one).fail(error);
  }
  return std::move(parts[2]);
}

}  // namespace sluice::sqlite
