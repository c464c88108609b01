// SPDX-License-Identifier: Apache-2.0
// Memory for what is made once a batch in one thread and freed in another: batches, tokens and small buffers. There
// malloc is slow, as the freeing thread has to lock the other's heap. Here each thread has a handful of free blocks of
// a size, and hands whole handfuls over through one common store, under a lock that is taken once for many blocks.
// What is kept free is bounded. Under sanitizers it is malloc, so that they see every use after free.
#pragma once
#include <cstddef>

namespace sluice::records {

/// Throws std::bad_alloc. Any thread.
void* take_block(size_t bytes);
/// `bytes` as it was asked for; any thread, also while it ends.
void give_block(void* take, size_t bytes) noexcept;

}  // namespace sluice::records
