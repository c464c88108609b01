// SPDX-License-Identifier: Apache-2.0
// A node that hands each batch on untouched, so that what is measured is the hop alone. It has no options, holds
// nothing back and never looks into a batch.
#pragma once
#include <memory>
#include <utility>

#include "sluice/plugin.hpp"

namespace sluice::bench {

class Pass : public Transform {
 public:
  explicit Pass(Context context) : context_(context) {}
  static void describe(Config, Description&) {}
  static Result<std::unique_ptr<Pass>> open(Context context, Config) { return std::make_unique<Pass>(context); }
  Result<void> process(uint32_t, Batch batch) override {
    context_.emit(0, std::move(batch));
    return {};
  }

 private:
  Context context_;
};

inline constexpr sluice_node_type pass_type = transform_type<Pass>("pass", "", {});

}  // namespace sluice::bench
