// SPDX-License-Identifier: Apache-2.0
#include "settle.hpp"

#include <vector>

namespace sluice::sqlite {

void settle(Batch batch, std::span<const std::pair<uint32_t, Error>> refused) {
  if (refused.empty()) {
    std::move(batch).deliver();
    return;
  }
  std::vector<uint8_t> lanes(batch.size(), 0);
  for (const auto& [index, error] : refused) lanes[index] = 1;
  std::vector<Batch> parts = std::move(batch).split(lanes.data(), 2);
  if (parts[0]) std::move(parts[0]).deliver();
  Batch& bad = parts[1];
  for (const auto& [index, error] : refused) {
    Batch one = bad.size() > 1 ? bad.cut(1) : std::move(bad);
    std::move(one).fail(error);
  }
}

}  // namespace sluice::sqlite
