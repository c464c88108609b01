// SPDX-License-Identifier: Apache-2.0
// What stores give a source to learn from, made of payloads.
#pragma once
#include <deque>
#include <string>
#include <vector>

#include "sluice/tail.hpp"

namespace sluice::binance::test {

/// Gives `learner`, which has `take(TailPart)`, these records of a partition.
template <typename Learner>
TailWants give(Learner& learner, const std::string& store, const std::string& partition,
               const std::vector<std::string>& payloads) {
  std::deque<std::string> padded;
  std::vector<sluice_record> records;
  for (const std::string& payload : payloads) {
    // As in every buffer, bytes lie behind it.
    padded.push_back(payload + std::string(64, ' '));
    sluice_record record{};
    record.data = reinterpret_cast<const uint8_t*>(padded.back().data());
    record.size = static_cast<uint32_t>(payload.size());
    records.push_back(record);
  }
  sluice_batch batch{};
  batch.record_stride = sizeof(sluice_record);
  batch.records = reinterpret_cast<uint8_t*>(records.data());
  batch.count = static_cast<uint32_t>(records.size());
  sluice_tail_part part{};
  part.struct_size = sizeof part;
  part.what = SLUICE_TAIL_RECORDS;
  part.store = to_str(store);
  part.partition = to_str(partition);
  part.records = &batch;
  return learner.take(TailPart(part));
}

template <typename Learner>
void end(Learner& learner, const std::string& store, uint32_t how) {
  sluice_tail_part part{};
  part.struct_size = sizeof part;
  part.what = how;
  part.store = to_str(store);
  learner.take(TailPart(part));
}

}  // namespace sluice::binance::test
