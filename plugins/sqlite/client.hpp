// SPDX-License-Identifier: Apache-2.0
// One sink's part in the writer of its database: its settings, the batches that wait, and what it tells the host. The
// writer's mutex guards what is marked so; the rest belongs to the writer's thread once it runs.
#pragma once
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "settings.hpp"
#include "sluice/backoff.hpp"
#include "sluice/columns/extractor.hpp"
#include "sluice/columns/origin.hpp"
#include "sluice/context.hpp"
#include "sluice/settle.hpp"
#include "table_writer.hpp"

namespace sluice::sqlite {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds first_retry{20};
constexpr std::chrono::milliseconds longest_retry{5000};

/// What became of the rows of a batch.
struct Outcome {
  std::vector<Refused> refused{};
  uint32_t inserted = 0;
  uint32_t already_there = 0;  ///< those that differ, too
  uint32_t different = 0;
  std::string first_different{};  ///< the words of its key
};

/// A batch on its way, until it is settled after a commit; or what is left of it, while some of its rows are held.
struct Job {
  explicit Job(Batch with) : batch(std::move(with)) {}
  Batch batch;
  /// Rows that end the whole transaction when they are tried; found one by one, and kept over attempts.
  std::map<uint32_t, Error> poison{};
  /// Each row in a savepoint of its own: what a failing trigger did before it failed is undone too.
  bool careful = false;
  bool is_left = false;  ///< the others of its batch are settled

  // Of the last attempt.
  Outcome outcome{};
  std::vector<uint32_t> held{};    ///< rows that fail for a reason that is not known to be theirs
  std::optional<Fault> held_by{};  ///< why the first of them does
  std::string held_words{};        ///< of the first of them: its key, and where it came from
};

struct Client {
  Client(Context with, Settings what);
  Client(const Client&) = delete;

  Context context;
  Settings settings;
  columns::Extractor extractor;
  columns::Rows rows;
  columns::Origin origin;
  std::unique_ptr<TableWriter> table;  ///< of the writer's connection; made anew with it
  Metric inserted, already_there, different, refused, transactions, retries;

  // Guarded by the writer's mutex.
  std::deque<Job> waiting;
  bool closing = false;
  bool finished = false;

  // The writer's thread only.
  std::deque<Job> writing;
  std::deque<Job> held;  ///< what is left of batches; tried again at a time of its own, so that it holds up nothing
  Clock::time_point held_at{};
  Backoff held_backoff{first_retry, longest_retry};
  Clock::time_point retry_at{};
  Backoff backoff{first_retry, longest_retry};
  std::string blocked_by;  ///< what the host was told last; empty: ready
};

}  // namespace sluice::sqlite
