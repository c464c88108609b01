// SPDX-License-Identifier: Apache-2.0
// The host's side of a batch: the public struct that nodes see, and behind it the token and the pinned buffers.
// The token is a run-length list of (source batch, records, parts) in record order; every operation here keeps it
// exact, so a node cannot forget one. A batch is owned by one thread at a time. Shared by the engine and the testing
// harness.
#pragma once
#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <string_view>

#include "records/account.hpp"
#include "records/block_store.hpp"
#include "records/buffer_pool.hpp"

namespace sluice::records {

/// `parts` equals `records` but for one folded record, which stands for several parts: runs with records 1 and parts
/// above it, followed by runs with records 0 when its parts come from several source batches.
struct Run {
  SourceBatch* source;
  uint32_t records;
  uint32_t parts;
  uint16_t path;     ///< which dead letter takes these records; 0: none
  uint16_t is_dead;  ///< 1 on the way to a dead letter: delivered then means dead_lettered
};

using Runs = boost::container::small_vector<Run, 2>;

struct HostBatch : sluice_batch {
  Runs runs;
  boost::container::small_vector<sluice_buffer*, 2> pinned;
  HostBatch* next = nullptr;     ///< for intrusive lists of whoever owns the batch
  uint64_t queued_bytes = 0;     ///< what the batch counts for in the queue that holds it
  bool is_flush_marker = false;  ///< of a batch without records that travels edges
  uint8_t flush_reason = 0;      ///< of a marker: SLUICE_FLUSH_*
  uint32_t came_by = 0;          ///< the edge that brought it; parts of a batch keep both, a merged one the first
  int64_t since_ns = 0;          ///< when it came to the edge or node that has it, of merged ones the first; 0: unknown

  static void* operator new(size_t bytes) { return take_block(bytes); }
  static void operator delete(void* take, size_t bytes) { give_block(take, bytes); }

  sluice_record* at(uint32_t index) const {
    return reinterpret_cast<sluice_record*>(records + uint64_t{index} * record_stride);
  }
  /// Records that the token answers for; equal to count but in a fresh batch, where it is 0.
  uint64_t token_records() const {
    uint64_t sum = 0;
    for (const Run& run : runs) sum += run.records;
    return sum;
  }
};
inline HostBatch* host_batch(sluice_batch* batch) { return static_cast<HostBatch*>(batch); }
inline sluice_value* values_of(sluice_record* record) { return reinterpret_cast<sluice_value*>(record + 1); }
inline uint32_t stride_for(uint32_t attribute_count) {
  return static_cast<uint32_t>(sizeof(sluice_record) + attribute_count * sizeof(sluice_value));
}

HostBatch* new_batch(uint32_t attribute_count, uint32_t capacity);
/// Frees the batch and its pins; its token must be empty or already settled.
void free_take(HostBatch* batch);

uint32_t pin(HostBatch& batch, sluice_buffer* buffer);

/// Begins the token of a fresh batch: one part a record.
void begin_token(HostBatch& batch, SourceBatch* source, uint16_t path);
/// Settles every part and frees the batch. `at_ns` is for accounts that measure.
void settle_take(HostBatch* batch, Verdict verdict, int64_t at_ns = 0);
/// Settles what the runs answer for; an account hears once of all that stand together.
void settle_runs(const Runs& runs, Verdict verdict, int64_t at_ns);

/// Ends what the runs answer for without a verdict: their sources give it out again.
void relinquish_runs(const Runs& runs, int64_t at_ns);

void split_take(HostBatch* batch, const uint8_t* lanes, uint32_t lane_count, sluice_batch** out);
HostBatch* cut(HostBatch& from, uint32_t count);
void merge_take(HostBatch& into, HostBatch* from);
HostBatch* expand_take(HostBatch* batch, const uint32_t* copies);
HostBatch* fold_take(HostBatch* batch, const uint32_t* sizes, uint32_t size_count);
/// A second batch of the same records and buffers, with parts of its own.
HostBatch* copy(const HostBatch& batch);

uint64_t payload_bytes(const HostBatch& batch);
/// Capacity of all buffers that the batch keeps alive.
uint64_t pinned_bytes(const HostBatch& batch);
/// Copies payloads and texts out of buffers of which the batch uses less than a quarter, and lets those go.
void compact(HostBatch& batch);
/// The same for every buffer: afterwards the batch keeps alive only its own payloads and texts.
void compact_all(HostBatch& batch);

}  // namespace sluice::records
