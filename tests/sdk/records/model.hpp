// SPDX-License-Identifier: Apache-2.0
// A reference model of batches and tokens, as plain as can be: each record has its content and the list of parts it
// stands for. Tests do every operation on the real batch and on the model, and compare the two.
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "records/batch.hpp"

namespace sluice::records::test {

struct Part {
  SourceBatch* source;  ///< only compared, never followed: it may be gone
  uint64_t parts;
  uint16_t path;
  uint16_t is_dead;
  bool operator==(const Part&) const = default;
};

struct ModelRecord {
  std::string payload;
  std::string text;     ///< attribute 0
  int64_t integer = 0;  ///< attribute 1; attribute 2 is absent
  int64_t time_ns = 0;
  std::vector<Part> parts{};
  bool operator==(const ModelRecord&) const = default;
};
using ModelBatch = std::vector<ModelRecord>;
constexpr uint32_t attribute_count = 3;

/// Appends; neighbours of the same kind are one.
inline void add_part(std::vector<Part>& to, const Part& part) {
  if (!to.empty()) {
    Part& last = to.back();
    if (last.source == part.source && last.path == part.path && last.is_dead == part.is_dead) {
      last.parts += part.parts;
      return;
    }
  }
  to.push_back(part);
}

/// What a real batch says, in the model's form. Empty text when something in it is inconsistent: see `fault`.
inline ModelBatch read_batch(const HostBatch& batch, std::string& fault) {
  ModelBatch all;
  const auto lies_in = [](const sluice_buffer& buffer, const void* data, uint64_t size) {
    const auto* byte = static_cast<const uint8_t*>(data);
    return byte >= buffer.data && byte + size <= buffer.data + buffer.capacity;
  };
  if (batch.buffers != batch.pinned.data() || batch.buffer_count != batch.pinned.size())
    fault = "buffers and pins differ";
  if (batch.count > batch.capacity) fault = "more records than capacity";
  for (uint32_t i = 0; i < batch.count; ++i) {
    sluice_record* record = batch.at(i);
    if (record->buffer >= batch.buffer_count) {
      fault = "a record names a buffer that is not pinned";
      return all;
    }
    if (!lies_in(*batch.buffers[record->buffer], record->data, record->size)) {
      fault = "a payload lies outside the buffer it names";
      return all;
    }
    const sluice_value* values = values_of(record);
    ModelRecord& made = all.emplace_back();
    made.payload.assign(reinterpret_cast<const char*>(record->data), record->size);
    made.text.assign(values[0].as.text, values[0].size);
    made.integer = values[1].as.integer;
    made.time_ns = record->receive_time_ns;
    if (values[0].kind != SLUICE_VALUE_TEXT || values[1].kind != SLUICE_VALUE_INTEGER ||
        values[2].kind != SLUICE_ABSENT) {
      fault = "an attribute changed its kind";
    }
  }
  size_t index = 0;
  for (const Run& run : batch.runs) {
    if (run.records > 1 && run.parts != run.records) fault = "a run of several records with other parts";
    if (run.records > 0 && run.parts < run.records) fault = "a run with fewer parts than records";
    if (run.records == 0 && index == 0) fault = "a run of no record at the beginning";
    if (index + run.records > all.size()) fault = "a token of more records than there are";
    if (!fault.empty()) return all;
    if (run.records == 0) add_part(all[index - 1].parts, {run.source, run.parts, run.path, run.is_dead});
    for (uint32_t i = 0; i < run.records; ++i) {
      const uint64_t parts = run.records == 1 ? run.parts : 1;
      add_part(all[index++].parts, {run.source, parts, run.path, run.is_dead});
    }
  }
  if (index != all.size()) fault = "a token of fewer records than there are";
  return all;
}

}  // namespace sluice::records::test
