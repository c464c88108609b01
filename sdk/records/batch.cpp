// SPDX-License-Identifier: Apache-2.0
#include "records/batch.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "records/block_store.hpp"

namespace sluice::records {
namespace {

uint8_t* take_records(uint64_t bytes) { return static_cast<uint8_t*>(take_block(std::max<uint64_t>(bytes, 1))); }
void give_records(uint8_t* take, uint64_t bytes) { give_block(take, std::max<uint64_t>(bytes, 1)); }

void reserve(HostBatch& batch, uint32_t capacity) {
  if (capacity <= batch.capacity) return;
  const uint32_t grown = std::max(capacity, batch.capacity + batch.capacity / 2);
  uint8_t* records = take_records(uint64_t{grown} * batch.record_stride);
  std::memcpy(records, batch.records, uint64_t{batch.count} * batch.record_stride);
  give_records(std::exchange(batch.records, records), uint64_t{batch.capacity} * batch.record_stride);
  batch.capacity = grown;
}

HostBatch* new_like(const HostBatch& batch, uint32_t capacity) {
  HostBatch* made =
      new_batch(static_cast<uint32_t>((batch.record_stride - sizeof(sluice_record)) / sizeof(sluice_value)), capacity);
  made->came_by = batch.came_by;
  made->since_ns = batch.since_ns;
  return made;
}

void append_run(HostBatch& to, const Run& run) {
  if (run.records == 0 && run.parts == 0) return;
  if (!to.runs.empty() && run.records == run.parts) {
    Run& last = to.runs.back();
    if (last.source == run.source && last.records == last.parts && last.path == run.path &&
        last.is_dead == run.is_dead) {
      last.records += run.records;
      last.parts += run.parts;
      return;
    }
  }
  to.runs.push_back(run);
}

void append_record(HostBatch& to, const sluice_record* record) {
  std::memcpy(to.records + uint64_t{to.count} * to.record_stride, record, to.record_stride);
  ++to.count;
}

/// Copies the pins of `from` that `to`'s records use; all of them when a text attribute might point there.
void pin_all(HostBatch& to, const HostBatch& from) {
  for (sluice_buffer* buffer : from.pinned) {
    ref(buffer);
    to.pinned.push_back(buffer);
  }
  to.buffers = to.pinned.data();
  to.buffer_count = static_cast<uint32_t>(to.pinned.size());
}

/// Walks records with the runs that answer for them: `each(index, run, parts)` once a record with its own run, and
/// again for runs with records 0 that belong to the record before.
template <typename F>
void for_each_record(const HostBatch& batch, F&& each) {
  uint32_t index = 0;
  for (const Run& run : batch.runs) {
    if (run.records == 0) {
      each(index - 1, run, run.parts);
    } else if (run.records == 1) {
      each(index++, run, run.parts);
    } else {
      for (uint32_t i = 0; i < run.records; ++i) each(index++, run, 1);
    }
  }
}

}  // namespace

HostBatch* new_batch(uint32_t attribute_count, uint32_t capacity) {
  auto* batch = new HostBatch{};
  batch->struct_size = sizeof(sluice_batch);
  batch->record_stride = stride_for(attribute_count);
  batch->capacity = capacity;
  batch->records = take_records(uint64_t{capacity} * batch->record_stride);
  return batch;
}

void free_take(HostBatch* batch) {
  for (sluice_buffer* buffer : batch->pinned) unref_take(buffer);
  give_records(batch->records, uint64_t{batch->capacity} * batch->record_stride);
  delete batch;
}

uint32_t pin(HostBatch& batch, sluice_buffer* buffer) {
  ref(buffer);
  batch.pinned.push_back(buffer);
  batch.buffers = batch.pinned.data();
  batch.buffer_count = static_cast<uint32_t>(batch.pinned.size());
  return batch.buffer_count - 1;
}

void begin_token(HostBatch& batch, SourceBatch* source, uint16_t path) {
  batch.runs.clear();
  batch.runs.push_back({source, batch.count, batch.count, path, 0});
}

void settle_take(HostBatch* batch, Verdict verdict, int64_t at_ns) {
  // The records go first: whoever hears of the last settled part may count on their memory being free.
  const Runs runs = std::move(batch->runs);
  free_take(batch);
  settle_runs(runs, verdict, at_ns);
}

void settle_runs(const Runs& runs, Verdict verdict, int64_t at_ns) {
  const Run* const end = runs.data() + runs.size();
  for (const Run* run = runs.data(); run != end;) {
    Account& account = run->source->account();
    const bool is_dead = run->is_dead != 0;
    const Verdict counted = is_dead && verdict == Verdict::delivered ? Verdict::dead_lettered : verdict;
    const Run* const first = run;
    uint64_t parts = 0;
    for (; run != end && &run->source->account() == &account && (run->is_dead != 0) == is_dead; ++run) {
      parts += run->parts;
    }
    // Counted first: whoever hears of the last part finds the sums right.
    account.totals.settled[static_cast<size_t>(counted)].fetch_add(parts, std::memory_order_relaxed);
    SourceBatch* closed = nullptr;
    for (const Run* one = first; one != run; ++one) {
      if (one->source->close(one->parts, counted)) one->source->next_settled = std::exchange(closed, one->source);
    }
    if (closed != nullptr) account.on_settled(closed, at_ns);
  }
}

void relinquish_runs(const Runs& runs, int64_t at_ns) {
  for (const Run& run : runs) {
    Account& account = run.source->account();
    account.totals.relinquished.fetch_add(run.parts, std::memory_order_relaxed);
    if (run.source->relinquish(run.parts)) account.on_settled(run.source, at_ns);
  }
}

void split_take(HostBatch* batch, const uint8_t* lanes, uint32_t lane_count, sluice_batch** out) {
  std::fill(out, out + lane_count, nullptr);
  if (batch->count == 0) {
    free_take(batch);
    return;
  }
  uint32_t sizes[256] = {};
  for (uint32_t i = 0; i < batch->count; ++i) ++sizes[lanes[i]];
  if (sizes[lanes[0]] == batch->count) {
    out[lanes[0]] = batch;
    return;
  }
  for (uint32_t lane = 0; lane < lane_count; ++lane) {
    if (sizes[lane] == 0) continue;
    HostBatch* part = new_like(*batch, sizes[lane]);
    pin_all(*part, *batch);
    out[lane] = part;
  }
  for (uint32_t i = 0; i < batch->count; ++i) append_record(*host_batch(out[lanes[i]]), batch->at(i));
  for_each_record(*batch, [&](uint32_t index, const Run& run, uint32_t parts) {
    const uint32_t own = run.records == 0 ? 0 : 1;
    append_run(*host_batch(out[lanes[index]]), {run.source, own, parts, run.path, run.is_dead});
  });
  free_take(batch);
}

HostBatch* cut(HostBatch& from, uint32_t count) {
  HostBatch* head = new_like(from, count);
  pin_all(*head, from);
  std::memcpy(head->records, from.records, uint64_t{count} * from.record_stride);
  head->count = count;
  from.count -= count;
  std::memmove(from.records, from.records + uint64_t{count} * from.record_stride,
               uint64_t{from.count} * from.record_stride);
  Runs rest;
  uint32_t wanted = count;
  for (const Run& run : from.runs) {
    const bool goes_with_head = run.records == 0 ? rest.empty() : wanted > 0;
    if (!goes_with_head) {
      rest.push_back(run);
    } else if (run.records <= wanted) {
      append_run(*head, run);
      wanted -= run.records;
    } else {
      append_run(*head, {run.source, wanted, wanted, run.path, run.is_dead});
      rest.push_back({run.source, run.records - wanted, run.parts - wanted, run.path, run.is_dead});
      wanted = 0;
    }
  }
  from.runs = std::move(rest);
  return head;
}

void merge_take(HostBatch& into, HostBatch* from) {
  if (into.since_ns == 0) {
    into.came_by = from->came_by;
    into.since_ns = from->since_ns;
  } else if (from->since_ns != 0) {
    into.since_ns = std::min(into.since_ns, from->since_ns);
  }
  reserve(into, into.count + from->count);
  // Neighbours usually view the same buffer: find it among the last pins before adding one.
  boost::container::small_vector<uint32_t, 4> index_of;
  for (sluice_buffer* buffer : from->pinned) {
    uint32_t at = into.buffer_count;
    for (uint32_t back = 0; back < 4 && back < into.buffer_count; ++back) {
      if (into.pinned[into.buffer_count - 1 - back] == buffer) at = into.buffer_count - 1 - back;
    }
    if (at == into.buffer_count) at = pin(into, buffer);
    index_of.push_back(at);
  }
  const uint32_t first = into.count;
  std::memcpy(into.records + uint64_t{first} * into.record_stride, from->records,
              uint64_t{from->count} * into.record_stride);
  into.count += from->count;
  for (uint32_t i = first; i < into.count; ++i) {
    sluice_record* record = into.at(i);
    if (record->buffer < index_of.size()) record->buffer = index_of[record->buffer];
  }
  for (const Run& run : from->runs) append_run(into, run);
  free_take(from);
}

HostBatch* expand_take(HostBatch* batch, const uint32_t* copies) {
  uint64_t total = 0;
  for (uint32_t i = 0; i < batch->count; ++i) total += copies[i];
  HostBatch* out = new_like(*batch, static_cast<uint32_t>(total));
  pin_all(*out, *batch);
  for (uint32_t i = 0; i < batch->count; ++i) {
    for (uint32_t c = 0; c < copies[i]; ++c) append_record(*out, batch->at(i));
  }
  // A folded record's own parts stay with its last copy, so that runs with records 0 still follow their record.
  for_each_record(*batch, [&](uint32_t index, const Run& run, uint32_t parts) {
    if (run.records != 0 && copies[index] > 1) {
      const uint32_t extra = copies[index] - 1;
      run.source->add_parts(extra);
      append_run(*out, {run.source, extra, extra, run.path, run.is_dead});
    }
    append_run(*out, {run.source, run.records == 0 ? 0U : 1U, parts, run.path, run.is_dead});
  });
  free_take(batch);
  return out;
}

HostBatch* fold_take(HostBatch* batch, const uint32_t* sizes, uint32_t size_count) {
  HostBatch* out = new_like(*batch, size_count);
  pin_all(*out, *batch);
  uint32_t index = 0;
  for (uint32_t j = 0; j < size_count; ++j) {
    append_record(*out, batch->at(index));
    index += sizes[j];
  }
  uint32_t group = 0;
  uint32_t group_end = size_count == 0 ? 0 : sizes[0];
  bool is_first = true;
  for_each_record(*batch, [&](uint32_t at, const Run& run, uint32_t parts) {
    while (at >= group_end) {
      group_end += sizes[++group];
      is_first = true;
    }
    Run* last = out->runs.empty() ? nullptr : &out->runs.back();
    if (!is_first && last->source == run.source && last->records <= 1 && last->path == run.path &&
        last->is_dead == run.is_dead) {
      last->parts += parts;
    } else {
      // Not append_run: a folded record's run must stay apart from its neighbours'.
      out->runs.push_back({run.source, is_first ? 1U : 0U, parts, run.path, run.is_dead});
    }
    is_first = false;
  });
  free_take(batch);
  return out;
}

HostBatch* copy(const HostBatch& batch) {
  HostBatch* out = new_like(batch, batch.count);
  pin_all(*out, batch);
  std::memcpy(out->records, batch.records, uint64_t{batch.count} * batch.record_stride);
  out->count = batch.count;
  for (const Run& run : batch.runs) {
    run.source->add_parts(run.parts);
    out->runs.push_back(run);
  }
  return out;
}

}  // namespace sluice::records
