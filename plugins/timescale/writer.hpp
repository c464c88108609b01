// SPDX-License-Identifier: Apache-2.0
// The thread of one sink, with one connection: takes the batches that wait, stores them in order, and settles them once
// the server has committed. Failures other than of single rows settle nothing: they are reported and tried again until
// they pass or the sink is closed. While the server works on one statement the next one is made ready.
#pragma once
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "row_store.hpp"
#include "schema.hpp"
#include "sluice/backoff.hpp"
#include "sluice/wake_fd.hpp"
#include "sluice/worker.hpp"

namespace sluice::timescale {

class Writer {
 public:
  Writer(Context context, Settings settings);
  Writer(const Writer&) = delete;
  /// What waits gets a moment more; what is not stored then fails as transient.
  ~Writer();

  /// Connects and checks once, on the caller's thread; only a person's failure is an error.
  Result<void> open();
  void start();
  /// Any thread; never waits.
  void push(Batch batch);

 private:
  void run(const Pace& pace);
  void finish();
  std::optional<Failure> connect();
  bool take(Job& job);
  void fill(Job& job);
  void wait_for_work();
  void prepare_next();
  void postpone(Failure failure);
  void succeeded(Job& job);
  void say_ready();

  const Context context_;
  const Settings settings_;
  Metric inserted_, already_there_, different_, refused_, retries_, connections_;
  WakeFd work_, closing_;

  std::mutex mutex_;
  std::deque<Batch> waiting_;

  // The writer's thread only, once it runs.
  Origin origin_;
  columns::Extractor extractor_;
  Connection connection_;
  RowStore store_;
  std::vector<Batch> taken_;
  Job current_, next_;
  Clock::time_point retry_at_{};
  Backoff backoff_, person_backoff_;
  uint32_t unknown_failures_ = 0;
  std::string said_;  ///< why the last attempt failed; empty: it did not
  bool said_connecting_ = false;
  bool is_ready_ = false;
  bool was_connected_ = false;
  bool looks_again_ = false;           ///< the connection was closed for it
  std::vector<std::string> findings_;  ///< of the last connection, as logged
  Worker worker_;
};

}  // namespace sluice::timescale
