// SPDX-License-Identifier: Apache-2.0
// What is owed for records that a node has absorbed: their token without the records. Bound to a fresh batch, it
// settles when all of that batch has, whatever becomes of the batch's records on their way, with the worst verdict
// among them. Relinquished, it ends without a verdict and its sources give the records out again. A token is owned by
// one thread at a time. Shared by the engine and the testing harness.
#pragma once
#include <mutex>

#include "records/batch.hpp"

struct sluice_token {};

namespace sluice::records {

struct Token : sluice_token {
  Runs runs;  ///< here a run's records and parts stand for themselves, in no order of records
  uint64_t records = 0;
  int64_t since_ns = 0;  ///< as of the batch that was absorbed first
  uint32_t came_by = 0;  ///< likewise
};
inline Token* host_token(sluice_token* token) { return static_cast<Token*>(token); }
inline const Token* host_token(const sluice_token* token) { return static_cast<const Token*>(token); }

/// Frees the records; `into`, or a new token when that is null, owes for them, too.
Token* absorb_take(Token* into, HostBatch* take);
/// Whether every record will be given out again without anybody's doing.
bool gives_again(const Token& token);
/// Ends it without a verdict.
void relinquish_take(Token* token, int64_t at_ns);

/// The fresh batches that answer for tokens and have not settled. Frees what is left of them; by then nobody may settle
/// any more. Any thread.
class Bonds {
 public:
  Bonds() = default;
  Bonds(const Bonds&) = delete;
  Bonds& operator=(const Bonds&) = delete;
  ~Bonds();
  /// The batch has records and no token, and the token owes for something.
  void bind_take(HostBatch& fresh, Token* token, int64_t now_ns);

 private:
  class Bond;
  std::mutex mutex_;
  Bond* first_ = nullptr;  ///< guarded by mutex_, as the list that begins here
};

}  // namespace sluice::records
