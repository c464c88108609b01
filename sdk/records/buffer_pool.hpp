// SPDX-License-Identifier: Apache-2.0
// Reference-counted payload buffers: the host's side of sluice_buffer. Large ones are kept for reuse, as a fresh
// mapping costs a page fault every 4 KiB; what is kept is bounded. 64 readable, zeroed bytes lie behind every capacity.
// All functions may be called from any thread. Running out of memory ends the process by std::bad_alloc.
#pragma once
#include <cstdint>

#include "sluice/abi.h"

namespace sluice::records {

constexpr uint64_t readable_padding_bytes = 64;

/// One reference, the caller's.
sluice_buffer* new_buffer(uint64_t capacity);
void ref(sluice_buffer* buffer);
void unref_take(sluice_buffer* buffer);

/// Bytes of buffers that are referenced now, anywhere in the process: the truth that memory bounds are tested against.
uint64_t live_buffer_bytes();

}  // namespace sluice::records
