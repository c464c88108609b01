// SPDX-License-Identifier: Apache-2.0
// The verdicts of a batch whose transaction is committed: delivered but for the rows that were refused, each of which
// fails alone with its own reason, and those that are held, which come back as a batch of their own. Every other record
// gets exactly one.
#pragma once
#include <map>
#include <span>
#include <utility>

#include "fault.hpp"
#include "sluice/batch.hpp"

namespace sluice::sqlite {

/// `refused` is in the order of the records.
Batch settle(Batch batch, std::span<const std::pair<uint32_t, Error>> refused, const std::map<uint32_t, Fault>& held);

}  // namespace sluice::sqlite
