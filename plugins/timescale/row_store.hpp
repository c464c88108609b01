// SPDX-License-Identifier: Apache-2.0
// Puts the rows of a job into the table and finds out what became of each. All rows go in one statement; when the
// server inserted fewer than were sent, the missing keys are looked up before anything may settle; an INSERT that is
// refused is halved until the rows that cause it stand alone. COPY, where it is used, is all or nothing: what it
// refuses is left to INSERT. A row counts as stored only when the server inserted it or has its key. Resumes where it
// stopped, on another connection too. Never settles.
#pragma once
#include <functional>

#include "connection.hpp"
#include "copy_choice.hpp"
#include "job.hpp"

namespace sluice::timescale {

class RowStore {
 public:
  RowStore(Connection& connection, const Settings& settings, Origin origin, Metric statements);
  /// On every new connection; `table_reads_copy`: without it COPY is not used.
  std::optional<Failure> prepare(bool table_reads_copy);
  /// Until nothing is left to do, or a failure that concerns no single row. `meanwhile` runs once while the server
  /// works.
  std::optional<Failure> store(Job& job, const std::function<void()>& meanwhile);
  /// Whether the next job should begin with a COPY.
  bool copies() const { return table_reads_copy_ && copy_choice_.copies(); }

 private:
  using Rows = std::vector<uint32_t>;
  std::optional<Failure> store_part(Job& job, const std::function<void()>& meanwhile);
  std::optional<Failure> send(Job& job, const Rows& part);
  std::optional<Failure> insert(Job& job, const Rows& part, const std::function<void()>& meanwhile, uint64_t& inserted);
  std::optional<Failure> insert_or_nothing(Job& job, const Rows& part, const std::function<void()>& meanwhile,
                                           uint64_t& inserted);
  std::optional<Failure> look_up(Job& job, const Rows& part, Rows& missing);
  void divide(Job& job, const Rows& part);
  void refuse(Job& job, uint32_t row, const Failure& failure);

  Connection& connection_;
  const Settings& settings_;
  const Origin origin_;
  const Metric statements_;
  const std::string doing_;
  const std::vector<size_t> bounded_;
  const std::string copy_;
  bool table_reads_copy_ = false;
  CopyChoice copy_choice_;
};

}  // namespace sluice::timescale
