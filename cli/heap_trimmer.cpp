// SPDX-License-Identifier: Apache-2.0
#include "heap_trimmer.hpp"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace sluice::cli {
namespace {

uint64_t idle_bytes(const HeapState& state) { return state.resident - std::min(state.resident, state.in_use); }

}  // namespace

std::optional<HeapState> HeapState::look() {
  // proc(5): pages in all, in RAM, of those shared.
  std::ifstream file("/proc/self/statm");
  uint64_t size = 0;
  uint64_t resident = 0;
  uint64_t shared = 0;
  if (!(file >> size >> resident >> shared)) return std::nullopt;
  const uint64_t own = (resident - std::min(resident, shared)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  // So little cannot be worth a trim, and asking the C library has it walk over all that is free.
  if (own < HeapTrimmer::least_bytes) return HeapState{own, own};
  const struct mallinfo2 heap = mallinfo2();
  return HeapState{own, heap.uordblks + heap.hblkhd};
}

bool HeapTrimmer::is_due(const HeapState& state, Clock::time_point now) {
  const uint64_t idle = idle_bytes(state);
  left_ = std::min(left_, idle);
  if (idle < left_ + least_bytes || idle < state.in_use) {
    idle_since_.reset();
    return false;
  }
  if (!idle_since_) idle_since_ = now;
  return now - *idle_since_ >= patience;
}

void HeapTrimmer::tick(Clock::time_point now) {
  if (looked_at_ && now - *looked_at_ < patience) return;
  looked_at_ = now;
  const auto before = HeapState::look();
  if (!before || !is_due(*before, now)) return;
  malloc_trim(0);
  idle_since_.reset();
  const auto after = HeapState::look();
  left_ = after ? idle_bytes(*after) : 0;
}

}  // namespace sluice::cli
