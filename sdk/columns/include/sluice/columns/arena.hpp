// SPDX-License-Identifier: Apache-2.0
// Memory for the text that a batch's rows need beyond their payloads: unescaped strings, padded decimals. Taking is a
// pointer bump, reset keeps the memory for the next batch, and what was taken never moves until then. Not thread-safe.
#pragma once
#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

namespace sluice {
inline namespace v1 {
namespace columns {

class Arena {
 public:
  char* take(size_t size) {
    while (chunk_ < chunks_.size()) {
      Chunk& chunk = chunks_[chunk_];
      if (chunk.size - used_ >= size) {
        char* taken = chunk.data.get() + used_;
        used_ += size;
        return taken;
      }
      ++chunk_;
      used_ = 0;
    }
    const size_t room = std::max(size, chunk_bytes);
    chunks_.push_back({std::make_unique<char[]>(room), room});
    used_ = size;
    return chunks_.back().data.get();
  }
  /// Gives back the end of the last take.
  void give_back(size_t size) { used_ -= size; }
  /// Everything taken is void; chunks of the usual size stay for reuse.
  void reset() {
    std::erase_if(chunks_, [](const Chunk& chunk) { return chunk.size > chunk_bytes; });
    if (chunks_.size() > chunks_kept) chunks_.resize(chunks_kept);
    chunk_ = 0;
    used_ = 0;
  }

 private:
  static constexpr size_t chunk_bytes = size_t{64} << 10;
  static constexpr size_t chunks_kept = 16;
  struct Chunk {
    std::unique_ptr<char[]> data;
    size_t size;
  };
  std::vector<Chunk> chunks_;
  size_t chunk_ = 0;
  size_t used_ = 0;
};

}  // namespace columns
}  // namespace v1
}  // namespace sluice
