// SPDX-License-Identifier: Apache-2.0
// Whether COPY is worth trying. It is all or nothing: one row that is there already makes the server undo the batch,
// and INSERT has to do it again. Where that happens, INSERT goes on until batches are all new again, longer each time
// that COPY is refused; so what is read once more after a crash costs one failed COPY, and a table that two processes
// fill alike costs few.
#pragma once
#include <algorithm>
#include <cstdint>

namespace sluice::timescale {

class CopyChoice {
 public:
  explicit CopyChoice(bool is_wanted) : is_wanted_(is_wanted) {}
  bool copies() const { return is_wanted_ && clean_wanted_ == 0; }
  void copied() { patience_ = std::max(patience_ / 2, 1U); }
  void copy_refused() {
    clean_wanted_ = patience_;
    patience_ = std::min(patience_ * 2, most_patience);
  }
  /// A batch by INSERT: whether all of its rows were new.
  void inserted(bool all_new) {
    if (all_new && clean_wanted_ > 0) --clean_wanted_;
  }

 private:
  static constexpr uint32_t most_patience = 64;
  const bool is_wanted_;
  uint32_t patience_ = 1;
  uint32_t clean_wanted_ = 0;  ///< batches that must be all new before COPY is tried again
};

}  // namespace sluice::timescale
