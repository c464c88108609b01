// SPDX-License-Identifier: Apache-2.0
// The one thread that writes to one database file, for all sinks of this process that name it: SQLite has one writer
// at a time, so sinks would only wait for each other, and together they share a commit. What waits is written in one
// transaction; batches settle after its COMMIT, never before. A sink whose table fails does not hold up the others.
// Failures other than of single rows settle nothing: they are reported and tried again until they pass or the sink
// is closed. A row that fails for a reason that is not known to be its own is held: the others of its batch are stored
// and settle, later ones go on, and it is tried again by itself.
#pragma once
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "client.hpp"
#include "sluice/worker.hpp"

namespace sluice::sqlite {

class Writer {
 public:
  explicit Writer(std::string path);
  Writer(const Writer&) = delete;
  /// All clients must have been detached.
  ~Writer();

  /// Opens the database where this is the first client, checks or makes the table. Waits for other connections, for
  /// the client's busy_timeout at most.
  Result<void> attach(Client& client);
  /// Lets the thread run; more than once does no harm.
  void start();
  /// Any thread; never waits for the database.
  void push(Client& client, Batch batch);
  /// Gives what waits one more attempt; what cannot be stored at once is given up as transient, not stored.
  void detach(Client& client);

 private:
  void run();
  std::vector<Client*> take_due(std::unique_lock<std::mutex>& lock);
  void work(const std::vector<Client*>& due);
  std::optional<Fault> attempt(const std::vector<Client*>& due);
  std::optional<Fault> transaction(const std::vector<Client*>& due, bool& again);
  std::optional<Fault> prepare(const std::vector<Client*>& clients);
  std::optional<Fault> store(Client& client, Job& job, bool& again);
  std::optional<Fault> store_row(Client& client, Job& job, uint32_t index, bool& again);
  static void refuse(const Client& client, Job& job, uint32_t index, Error error);
  static void hold(Client& client, Job& job, uint32_t index, Fault fault);
  static std::optional<Fault> held_fault(const std::deque<Job>& jobs);
  static bool holds_all(const Client& client);
  static void say_ready(Client& client);
  static void settle_job(Client& client, Job& job);
  static Clock::time_point after_pause(const Client& client, Backoff& backoff);
  static void say_blocked(Client& client, const Fault& fault);
  void disconnect();
  bool wait_for_other_writers(int asked_before);
  void postpone(Client& client, const Fault& fault);
  void succeeded(Client& client);
  void give_up(Client& client);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Client*> clients_;
  bool ended_ = false;
  bool hurry_ = false;  ///< somebody closes: waits are cut short
  Worker worker_;

  std::mutex connection_mutex_;  ///< taken before mutex_, never after it
  Connection connection_;
  bool full_sync_ = false;
  bool create_ = false;
  int64_t busy_timeout_ns_ = 0;
  Clock::time_point busy_since_{};
};

/// The writer of this file, shared by all who hold it; the path may be written in different ways.
std::shared_ptr<Writer> writer_of(const std::string& path);

}  // namespace sluice::sqlite
