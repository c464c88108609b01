// SPDX-License-Identifier: Apache-2.0
// Puts the rows of a job into the table and finds out what became of each. All rows go in one statement; when the
// server inserted fewer than were sent, the missing keys are looked up before anything may settle, and what is not
// found is sent once more, row by row. An INSERT that is refused is halved until the rows that cause it stand alone;
// so is one that fails in the same way again and again, whatever the reason. COPY, where it is used, is all or nothing:
// what it refuses is left to INSERT. A row counts as stored only when the server inserted it or has its key. Resumes
// where it stopped, on another connection too. Never settles.
#pragma once
#include <functional>

#include "connection.hpp"
#include "copy_choice.hpp"
#include "job.hpp"
#include "schema.hpp"

namespace sluice::timescale {

class RowStore {
 public:
  RowStore(Connection& connection, const Settings& settings, Origin origin, Metric statements);
  /// On every new connection, for the table that is there.
  std::optional<Failure> prepare(const Seen& seen);
  /// Until nothing is left to do, or a failure that is not known to be single rows'; then what could be stored beside
  /// it is. `meanwhile` runs once while the server works.
  std::optional<Failure> store(Job& job, const std::function<void()>& meanwhile);
  /// Whether the next job should begin with a COPY.
  bool copies() const { return table_reads_copy_ && copy_choice_.copies(); }

 private:
  using Rows = std::vector<uint32_t>;
  /// What one call of store() has seen.
  struct Attempt {
    bool has_stored = false;
    Clock::time_point stored_at = Clock::now();  ///< the last time, or when it began
    size_t alone = 0;                            ///< rows that failed alone; they wait behind the others
  };
  std::optional<Failure> store_part(Job& job, const std::function<void()>& meanwhile);
  std::optional<Failure> store_again(Job& job, const Rows& one);
  std::optional<Failure> transact(Job& job, const Statement& statement, const Rows& part,
                                  const std::function<void()>& meanwhile, uint64_t& inserted);
  std::optional<Failure> exchange(Job& job, const Statement& statement, const Rows& part,
                                  const std::function<void()>& meanwhile, uint64_t& inserted);
  std::optional<Failure> insert(Job& job, const Statement& statement, const Rows& part,
                                const std::function<void()>& meanwhile, uint64_t& inserted);
  std::optional<Failure> look_up(Job& job, const Rows& part, Rows& missing);
  bool goes_on_after(Failure& failure, Job& job, Attempt& attempt);
  void name_row(Failure& failure, Job& job, uint32_t row) const;
  void blame_table(std::optional<Failure>& failure);
  Failure dropped() const;
  void divide(Job& job);
  void refuse(Job& job, uint32_t row, const Failure& failure);

  Connection& connection_;
  const Settings& settings_;
  const Origin origin_;
  const Metric statements_;
  const std::string doing_;
  const std::vector<size_t> bounded_;
  Statement insert_, plain_insert_, look_up_;
  const std::string copy_;
  bool table_reads_copy_ = false;
  TableName name_;
  size_t most_rows_ = 0;  ///< larger statements failed on this connection; 0: none did
  CopyChoice copy_choice_;
};

}  // namespace sluice::timescale
