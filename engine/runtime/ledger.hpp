// SPDX-License-Identifier: Apache-2.0
// What an account answers to the one question of a run's end: is anything of it still open? Any thread may ask. Each
// answer is true of one moment; `begun` shows whether anything began between two of them.
#pragma once
#include <cstdint>

namespace sluice::engine {

class Ledger {
 public:
  /// How many batches ever began.
  virtual uint64_t begun() const = 0;
  /// Nothing that began is unsettled.
  virtual bool is_settled() const = 0;
  /// Likewise, and no commit is due or on its way.
  virtual bool is_quiet() = 0;

 protected:
  ~Ledger() = default;
};

}  // namespace sluice::engine
