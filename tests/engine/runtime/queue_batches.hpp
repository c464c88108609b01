// SPDX-License-Identifier: Apache-2.0
// Batches for tests that drive queues, trackers and accounts without any node: numbers as payloads, an integer or text
// key, and an account that only counts.
#pragma once
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "records/batch.hpp"

namespace sluice::testing {

class CountingAccount : public records::Account {
 public:
  void on_settled(records::SourceBatch* list, int64_t) override {
    while (list != nullptr) delete std::exchange(list, list->next_settled);
  }
};

struct Item {
  uint64_t number;
  uint64_t key;
  uint32_t filler = 0;  ///< bytes behind the number
  bool operator==(const Item& other) const { return number == other.number && key == other.key; }
};

/// An item of this key has no attribute at all.
constexpr uint64_t no_key = 0;

/// One attribute: the key. As text it views the payload, which begins with "key:".
inline records::HostBatch* make_batch(records::Account& account, const std::vector<Item>& items,
                                      bool text_key = false) {
  uint64_t size = 0;
  for (const Item& item : items) size += 44 + item.filler;
  sluice_buffer* buffer = records::new_buffer(size);
  records::HostBatch* batch = records::new_batch(1, static_cast<uint32_t>(items.size()));
  const uint32_t pinned = records::pin(*batch, buffer);
  auto* to = reinterpret_cast<char*>(buffer->data);
  for (const Item& item : items) {
    sluice_record* record = batch->at(batch->count++);
    std::memset(record, 0, batch->record_stride);
    record->data = reinterpret_cast<uint8_t*>(to);
    record->buffer = pinned;
    sluice_value& key = records::values_of(record)[0];
    char* end = std::to_chars(to, to + 20, item.key).ptr;
    if (item.key == no_key) {
      key.kind = SLUICE_ABSENT;
    } else if (text_key) {
      key.kind = SLUICE_VALUE_TEXT;
      key.as.text = to;
      key.size = static_cast<uint32_t>(end - to);
    } else {
      key.kind = SLUICE_VALUE_INTEGER;
      key.as.integer = static_cast<int64_t>(item.key);
    }
    *end++ = ':';
    end = std::to_chars(end, end + 20, item.number).ptr;
    *end++ = ' ';
    std::memset(end, ' ', item.filler);
    end += item.filler;
    record->size = static_cast<uint32_t>(end - to);
    to = end;
  }
  records::unref_take(buffer);
  records::begin_token(*batch, new records::SourceBatch(account, batch->count, records::payload_bytes(*batch), 0), 0);
  return batch;
}

inline std::vector<Item> items_of(const records::HostBatch& batch) {
  std::vector<Item> items;
  for (uint32_t i = 0; i < batch.count; ++i) {
    const auto* text = reinterpret_cast<const char*>(batch.at(i)->data);
    const auto* end = text + batch.at(i)->size;
    Item item{};
    const char* colon = std::from_chars(text, end, item.key).ptr;
    std::from_chars(colon + 1, end, item.number);
    items.push_back(item);
  }
  return items;
}

/// Settles a list by `next` and gives its records.
inline std::vector<Item> settle_list(records::HostBatch* list, records::Verdict verdict) {
  std::vector<Item> all;
  while (list != nullptr) {
    records::HostBatch* batch = std::exchange(list, list->next);
    const auto items = items_of(*batch);
    all.insert(all.end(), items.begin(), items.end());
    records::settle_take(batch, verdict);
  }
  return all;
}

}  // namespace sluice::testing
