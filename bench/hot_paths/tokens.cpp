// SPDX-License-Identifier: Apache-2.0
// What becomes of tokens and records when batches are parted and joined.
#include "hot_path.hpp"
#include "material.hpp"
#include "sluice/batch.hpp"
#include "still_graph.hpp"

namespace sluice::bench {
namespace {

using records::HostBatch;
using Batches = std::vector<HostBatch*>;

constexpr size_t batches_a_round = 16;
constexpr size_t most_batches = 2 * batches_a_round;
constexpr uint32_t few_records = 40;
constexpr int32_t stream_type_slot = 1;

HostBatch* whole() { return make_batch(); }
HostBatch* few() { return make_batch(few_records); }

/// Batches are made, `work` on them is metered, and what it leaves in their place is settled.
template <typename Make, typename Work>
Round with_batches(Make make, Work work) {
  return [graph = std::make_shared<StillGraph>(std::vector<Step>{}), make, work](Meter& meter) -> uint64_t {
    for (size_t i = 0; i < batches_a_round; ++i) graph->hold(make());
    Batches batches = graph->take();
    batches.reserve(most_batches);
    meter.start();
    const uint64_t units = work(batches);
    meter.stop();
    for (HostBatch* batch : batches) records::settle_take(batch, records::Verdict::delivered);
    return units;
  };
}

/// Two lanes, as `route` finds them.
std::vector<uint8_t> lanes_of_streams() {
  std::vector<uint8_t> lanes;
  HostBatch* batch = make_batch();
  for (uint32_t i = 0; i < batch->count; ++i) {
    lanes.push_back(Record(batch->at(i)).text(stream_type_slot) == "bookTicker" ? 1 : 0);
  }
  records::free_take(batch);
  return lanes;
}

}  // namespace

Round split() {
  return with_batches(whole, [lanes = lanes_of_streams()](Batches& batches) {
    Batches parts;
    parts.reserve(most_batches);
    for (HostBatch* batch : batches) {
      sluice_batch* out[2]{};
      records::split_take(batch, lanes.data(), 2, out);
      for (sluice_batch* part : out) parts.push_back(records::host_batch(part));
    }
    batches.swap(parts);
    return lanes.size() * batches_a_round;
  });
}

// As the host has it: what is merged in is compacted first.
Round merge() {
  return with_batches(few, [](Batches& batches) {
    HostBatch* into = batches.front();
    for (size_t i = 1; i < batches.size(); ++i) {
      records::compact(*batches[i]);
      records::merge_take(*into, batches[i]);
    }
    batches.resize(1);
    return uint64_t{few_records} * (batches_a_round - 1);
  });
}

Round cut() {
  return with_batches(whole, [](Batches& batches) {
    for (size_t i = 0; i < batches_a_round; ++i) batches.push_back(records::cut(*batches[i], few_records));
    return batches_a_round;
  });
}

}  // namespace sluice::bench
