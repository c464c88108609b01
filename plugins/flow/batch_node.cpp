// SPDX-License-Identifier: Apache-2.0
#include "batch_node.hpp"

#include <algorithm>

namespace sluice::flow {
namespace {
constexpr uint32_t lanes_most = 250;
}  // namespace

void BatchNode::describe(Config options, Description& to) {
  to.holds(options["records"].integer(), options["bytes"].bytes(), options["within"].nanoseconds());
}

Result<std::unique_ptr<BatchNode>> BatchNode::open(Context context, Config options) {
  return std::make_unique<BatchNode>(context, options);
}

BatchNode::BatchNode(Context context, Config options)
    : context_(context),
      records_(static_cast<uint64_t>(options["records"].integer())),
      bytes_(static_cast<uint64_t>(options["bytes"].bytes())),
      within_ns_(options["within"].nanoseconds()) {}

Result<void> BatchNode::process(uint32_t, Batch batch) {
  if (batch.empty()) std::move(batch).discard("empty");
  const int64_t now_ns = within_ns_ > 0 ? context_.monotonic_ns() : 0;
  while (!batch.empty()) {
    if (bytes_ == 0 && held_.size() + uint64_t{batch.size()} < records_) {
      hold(std::move(batch), 0, now_ns);
      return {};
    }
    const Cuts cuts = assign_lanes(batch);
    Batch part = cuts.taken == batch.size() ? std::move(batch) : batch.cut(cuts.taken);
    take(std::move(part), cuts, now_ns);
  }
  return {};
}

BatchNode::Cuts BatchNode::assign_lanes(const Batch& batch) {
  uint64_t records = held_.size();
  uint64_t bytes = held_bytes_;
  uint32_t lane = 0;
  uint32_t i = 0;
  lanes_.resize(batch.size());
  for (; i < batch.size(); ++i) {
    const uint64_t size = bytes_ == 0 ? 0 : batch[i].get()->size;
    const bool is_full = records >= records_ || (bytes_ > 0 && records > 0 && bytes + size > bytes_);
    if (is_full) {
      if (lane + 1 == lanes_most) break;
      ++lane;
      records = 0;
      bytes = 0;
    }
    lanes_[i] = static_cast<uint8_t>(lane);
    ++records;
    bytes += size;
  }
  return {i, lane + 1, records >= records_ || (bytes_ > 0 && bytes >= bytes_), bytes};
}

void BatchNode::take(Batch batch, const Cuts& cuts, int64_t now_ns) {
  std::vector<Batch> parts = std::move(batch).split(lanes_.data(), cuts.lanes);
  for (uint32_t lane = 0; lane < cuts.lanes; ++lane) {
    const bool is_last = lane + 1 == cuts.lanes;
    // Lane 0 is empty when the first record does not fit beside what is held.
    if (parts[lane]) hold(std::move(parts[lane]), is_last ? cuts.last_bytes : 0, now_ns);
    if (!is_last || cuts.last_is_full) emit_held();
  }
}

void BatchNode::hold(Batch part, uint64_t held_bytes, int64_t now_ns) {
  held_bytes_ = held_bytes;
  if (held_) {
    held_.merge(std::move(part));
    return;
  }
  held_ = std::move(part);
  if (within_ns_ == 0) return;
  oldest_ns_ = now_ns;
  context_.set_timer(oldest_ns_ + within_ns_);
}

void BatchNode::emit_held() {
  if (!held_) return;
  if (within_ns_ > 0) context_.clear_timer();
  held_bytes_ = 0;
  context_.emit(0, std::move(held_));
}

Result<void> BatchNode::on_timer(int64_t monotonic_ns) {
  if (!held_) return {};
  if (monotonic_ns < oldest_ns_ + within_ns_) {
    context_.set_timer(oldest_ns_ + within_ns_);
  } else {
    emit_held();
  }
  return {};
}

Result<void> BatchNode::flush(Flush) {
  emit_held();
  return {};
}

}  // namespace sluice::flow
