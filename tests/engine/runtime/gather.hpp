// SPDX-License-Identifier: Apache-2.0
// A transform that gathers records into batches of a size, as `batch` does: it emits when it has enough, when a timer
// says that it has waited long enough, and on the flush marker.
#pragma once
#include "test_nodes.hpp"

namespace sluice::testing {

struct GatherState {
  uint32_t records = 100;
  int64_t within_ns = 0;  ///< 0: until it is full or flushed
  std::atomic<int> flushes{0};
  std::atomic<int> timers{0};
};

class Gather : public Transform {
 public:
  Gather(Context context, GatherState& state) : context_(context), state_(state) {}
  static void describe(Config, Description&) {}
  static Result<std::unique_ptr<Gather>> open(Context context, Config options) {
    return std::make_unique<Gather>(context, Shared::of<GatherState>(options));
  }
  Result<void> process(uint32_t, Batch batch) override {
    if (held_) {
      held_.merge(std::move(batch));
    } else {
      held_ = std::move(batch);
      if (state_.within_ns > 0) context_.set_timer(context_.monotonic_ns() + state_.within_ns);
    }
    while (held_.size() > state_.records) context_.emit(0, held_.cut(state_.records));
    if (held_.size() == state_.records) emit_held();
    return {};
  }
  Result<void> flush(Flush) override {
    state_.flushes.fetch_add(1);
    emit_held();
    return {};
  }
  Result<void> on_timer(int64_t) override {
    state_.timers.fetch_add(1);
    emit_held();
    return {};
  }

 private:
  void emit_held() {
    context_.clear_timer();
    if (held_) context_.emit(0, std::move(held_));
  }
  Context context_;
  GatherState& state_;
  Batch held_;
};

inline constexpr sluice_node_type gather_type = transform_type<Gather>("gather", "Gathers.", {});

}  // namespace sluice::testing
