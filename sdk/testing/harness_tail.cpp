// SPDX-License-Identifier: Apache-2.0
#include <stdexcept>

#include "sluice/testing/harness.hpp"
#include "world.hpp"

namespace sluice::testing {
namespace {

struct Asked {
  World& world;
  const Harness::TakeTail& take;
  std::chrono::steady_clock::time_point until;
  bool has_enough = false;
};

Asked& asked(void* to) { return *static_cast<Asked*>(to); }

uint32_t give(void* to, sluice_str partition, sluice_batch* take) {
  Asked& by = asked(to);
  if (!by.world.disown(take, "gives the tail")) return SLUICE_TAIL_ENOUGH;
  records::HostBatch* batch = records::host_batch(take);
  if (!batch->runs.empty()) by.world.problem("gives the tail in a batch that has a token");
  Harness::Tail tail{std::string(to_view(partition)), {}};
  for (uint32_t i = 0; i < batch->count; ++i) tail.records.push_back(by.world.copy_of(*batch, i));
  records::free_take(batch);
  if (by.has_enough) by.world.problem("gives more of the tail than is wanted");
  const TailWants wants = by.take(tail);
  by.has_enough = wants == TailWants::enough;
  return static_cast<uint32_t>(wants);
}

}  // namespace

Result<void> Harness::tail(const TailQuery& query, const TakeTail& take, nanoseconds within) {
  if (type_.tail == nullptr) throw std::logic_error("the test asks a node for its tail that has none");
  sluice_tail_query raw{};
  raw.struct_size = sizeof raw;
  raw.records = query.records;
  raw.bytes = query.bytes;
  raw.key_fields = query.key_fields.data();
  raw.key_field_count = query.key_fields.size();
  raw.order_fields = query.order_fields.data();
  raw.order_field_count = query.order_fields.size();
  Asked by{*world_, take, std::chrono::steady_clock::now() + within};
  sluice_tail_api api{};
  api.struct_size = sizeof api;
  api.deadline_ns = monotonic_ns() + within.count();
  api.give = &give;
  api.is_wanted = [](void* to) -> uint32_t {
    return !asked(to).has_enough && std::chrono::steady_clock::now() < asked(to).until ? 1 : 0;
  };
  sluice_error error = empty_error();
  if (type_.tail(node_, &raw, &api, &by, &error) == SLUICE_OK) return {};
  return from_abi(error);
}

Result<Harness::Wish> Harness::tail_query() {
  if (type_.tail_query == nullptr || type_.learn == nullptr) {
    throw std::logic_error("the test asks a source what it wants to learn that learns nothing");
  }
  sluice_tail_query query{};
  query.struct_size = sizeof query;
  sluice_error error = empty_error();
  if (type_.tail_query(node_, &query, &error) != SLUICE_OK) return from_abi(error);
  return Wish{query.records, query.bytes};
}

Result<TailWants> Harness::learn(const std::string& store, const std::string& partition,
                                 const std::vector<std::string>& payloads) {
  constexpr size_t padding = 64;  // as behind every payload
  const size_t stride = sizeof(sluice_record) + world_->slots.size() * sizeof(sluice_value);
  std::vector<uint64_t> bytes(stride / sizeof(uint64_t) * payloads.size());
  std::vector<std::string> padded;
  for (size_t i = 0; i < payloads.size(); ++i) padded.push_back(payloads[i] + std::string(padding, ' '));
  sluice_batch batch{};
  batch.struct_size = sizeof batch;
  batch.record_stride = static_cast<uint32_t>(stride);
  batch.records = reinterpret_cast<uint8_t*>(bytes.data());
  batch.count = batch.capacity = static_cast<uint32_t>(payloads.size());
  for (size_t i = 0; i < payloads.size(); ++i) {
    auto* record = reinterpret_cast<sluice_record*>(batch.records + i * stride);
    record->data = reinterpret_cast<const uint8_t*>(padded[i].data());
    record->size = static_cast<uint32_t>(payloads[i].size());
  }
  sluice_tail_part part{};
  part.what = SLUICE_TAIL_RECORDS;
  part.store = to_str(store);
  part.partition = to_str(partition);
  part.records = &batch;
  return learn(part);
}

Result<TailWants> Harness::learn(const std::string& store, TailPart::What end) {
  sluice_tail_part part{};
  part.what = static_cast<uint32_t>(end);
  part.store = to_str(store);
  return learn(part);
}

Result<TailWants> Harness::learn(const sluice_tail_part& what) {
  sluice_tail_part part = what;
  part.struct_size = sizeof part;
  uint32_t wants = SLUICE_TAIL_MORE;
  sluice_error error = empty_error();
  if (type_.learn(node_, &part, &wants, &error) != SLUICE_OK) return from_abi(error);
  return static_cast<TailWants>(wants);
}

}  // namespace sluice::testing
