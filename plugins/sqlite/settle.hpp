// SPDX-License-Identifier: Apache-2.0
// The verdicts of a batch whose transaction is committed: delivered but for the rows that were refused, each of which
// fails alone with its own reason. Every record gets exactly one.
#pragma once
#include <span>
#include <utility>

#include "sluice/batch.hpp"

namespace sluice::sqlite {

/// `refused` is in the order of the records.
void settle(Batch batch, std::span<const std::pair<uint32_t, Error>> refused);

}  // namespace sluice::sqlite
