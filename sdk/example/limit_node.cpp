// SPDX-License-Identifier: Apache-2.0
#include "sluice/plugin.hpp"

struct Limit : sluice::Transform {
  Limit(sluice::Context context, uint64_t most) : context_(context), most_(most) {}
  static void describe(sluice::Config, sluice::Description&) {}
  static sluice::Result<std::unique_ptr<Limit>> open(sluice::Context context, sluice::Config options) {
    return std::make_unique<Limit>(context, options["most"].bytes());
  }
  sluice::Result<void> process(uint32_t, sluice::Batch batch) override {
    std::vector<uint8_t> lane(batch.size());
    for (uint32_t i = 0; i < batch.size(); ++i) lane[i] = batch[i].payload().size() > most_ ? 1 : 0;
    std::vector<sluice::Batch> parts = std::move(batch).split(lane.data(), 2);
    if (parts[0]) context_.emit(0, std::move(parts[0]));
    if (parts[1]) std::move(parts[1]).discard("too_large");  // counted, with its reason, in the receipt
    return {};
  }
  sluice::Context context_;
  uint64_t most_;
};
constexpr sluice_option options[] = {sluice::option::size("most", "The largest payload that passes.").or_else("64KiB")};
constexpr sluice_node_type types[] = {sluice::transform_type<Limit>("limit", "Discards large records.", options)};
SLUICE_EXPORT_PLUGIN("limit", "0.1.0", "A plugin in twenty lines.", types)
