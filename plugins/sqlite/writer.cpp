// SPDX-License-Identifier: Apache-2.0
#include "writer.hpp"

#include <algorithm>

#include "sluice/columns/row_words.hpp"

namespace sluice::sqlite {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

/// How long a sink that is being closed still waits for other writers.
constexpr milliseconds hurried_wait{200};

}  // namespace

Writer::Writer(std::string path)
    : connection_(std::move(path), [this](int asked) { return wait_for_other_writers(asked); }) {}

Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  worker_.end();
}

Result<void> Writer::attach(Client& client) {
  const std::lock_guard connected(connection_mutex_);
  busy_timeout_ns_ = std::max(busy_timeout_ns_, client.settings.busy_timeout_ns);
  create_ = create_ || client.settings.create;
  const bool stricter = client.settings.full_sync && !full_sync_;
  full_sync_ = full_sync_ || client.settings.full_sync;
  std::optional<Fault> fault;
  if (connection_.is_open() && stricter) {
    fault = connection_.execute("PRAGMA synchronous = FULL", "set up the database");
  }
  if (!fault) fault = prepare({&client});
  if (fault) {
    client.table.reset();
    return to_error(*fault);
  }
  const std::lock_guard lock(mutex_);
  clients_.push_back(&client);
  return {};
}

void Writer::start() {
  const std::lock_guard lock(mutex_);
  if (!worker_.is_started()) worker_.start("sqlite", [this](Pace&) { run(); });
}

void Writer::push(Client& client, Batch batch) {
  {
    const std::lock_guard lock(mutex_);
    client.waiting.emplace_back(std::move(batch));
  }
  changed_.notify_all();
}

void Writer::detach(Client& client) {
  {
    std::unique_lock lock(mutex_);
    client.closing = true;
    hurry_ = true;
    changed_.notify_all();
    if (worker_.is_started()) changed_.wait(lock, [&] { return client.finished; });
    std::erase(clients_, &client);
    hurry_ = std::any_of(clients_.begin(), clients_.end(), [](const Client* each) { return each->closing; });
  }
  const std::lock_guard connected(connection_mutex_);
  client.table.reset();
}

void Writer::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    const std::vector<Client*> due = take_due(lock);
    if (due.empty()) return;
    lock.unlock();
    work(due);
    lock.lock();
    for (Client* client : due) {
      if (!client->closing || client->finished) continue;
      if (!client->waiting.empty() && client->writing.empty()) continue;
      lock.unlock();
      give_up(*client);
      lock.lock();
      client->finished = true;
      changed_.notify_all();
    }
  }
}

/// Waits until there is something to do; nobody: the writer has ended.
std::vector<Client*> Writer::take_due(std::unique_lock<std::mutex>& lock) {
  while (!ended_) {
    std::vector<Client*> due;
    std::optional<Clock::time_point> next;
    const Clock::time_point now = Clock::now();
    for (Client* client : clients_) {
      const bool has_work = !client->waiting.empty() || !client->writing.empty();
      if (client->finished || (!has_work && client->held.empty() && !client->closing)) continue;
      const Clock::time_point at = has_work ? client->retry_at : std::max(client->retry_at, client->held_at);
      if (client->closing || at <= now) {
        due.push_back(client);
        if (client->closing || client->held_at <= now) {
          std::move(client->held.begin(), client->held.end(), std::back_inserter(client->writing));
          client->held.clear();
        }
        std::move(client->waiting.begin(), client->waiting.end(), std::back_inserter(client->writing));
        client->waiting.clear();
      } else if (!next || at < *next) {
        next = at;
      }
    }
    if (!due.empty()) return due;
    if (next) {
      changed_.wait_until(lock, *next);
    } else {
      changed_.wait(lock);
    }
  }
  return {};
}

void Writer::work(const std::vector<Client*>& due) {
  std::vector<Client*> busy;
  std::copy_if(due.begin(), due.end(), std::back_inserter(busy),
               [](const Client* each) { return !each->writing.empty(); });
  if (busy.empty()) return;
  const std::optional<Fault> fault = attempt(busy);
  if (!fault) {
    for (Client* client : busy) succeeded(*client);
    return;
  }
  if (busy.size() == 1 || fault->blame == Blame::busy) {
    for (Client* client : busy) postpone(*client, *fault);
    return;
  }
  // Whose fault it is shows when each writes alone.
  for (Client* client : busy) {
    if (const std::optional<Fault> own = attempt({client})) {
      postpone(*client, *own);
    } else {
      succeeded(*client);
    }
  }
}

std::optional<Fault> Writer::attempt(const std::vector<Client*>& due) {
  const std::lock_guard connected(connection_mutex_);
  while (true) {
    bool again = false;
    std::optional<Fault> fault = transaction(due, again);
    if (connection_.is_open() && connection_.in_transaction()) {
      if (connection_.execute("ROLLBACK", "roll back")) disconnect();
    }
    if (again) continue;
    const bool keep = !fault || fault->blame == Blame::busy || (fault->code & 0xff) == SQLITE_FULL;
    if (!keep) disconnect();
    return fault;
  }
}

std::optional<Fault> Writer::transaction(const std::vector<Client*>& due, bool& again) {
  if (auto fault = prepare(due)) return fault;
  if (auto fault = connection_.execute("BEGIN IMMEDIATE", "begin a transaction")) return fault;
  for (Client* client : due) {
    for (Job& job : client->writing) {
      std::optional<Fault> fault = store(*client, job, again);
      if (fault || again) return fault;
    }
  }
  for (const Client* client : due) {
    if (holds_all(*client)) return held_fault(client->writing);
  }
  if (auto fault = connection_.execute("COMMIT", "commit")) return fault;
  if (connection_.has_moved()) {
    return Fault{
        Blame::person, SQLITE_READONLY_DBMOVED,
        "the database " + connection_.path() +
            " was moved, replaced or deleted while it was open; the sink writes the unsettled records to the file "
            "that is there now"};
  }
  return std::nullopt;
}

/// Opens the database where it is closed, and the tables of these clients where they are new to it.
std::optional<Fault> Writer::prepare(const std::vector<Client*>& clients) {
  if (!connection_.is_open()) {
    if (auto fault = connection_.open(create_, full_sync_)) return fault;
  }
  for (Client* client : clients) {
    if (client->table != nullptr) continue;
    auto table = std::make_unique<TableWriter>(connection_, client->settings);
    if (auto fault = table->prepare()) return fault;
    client->table = std::move(table);
  }
  return std::nullopt;
}

std::optional<Fault> Writer::store(Client& client, Job& job, bool& again) {
  job.outcome = {};
  job.held.clear();
  for (uint32_t i = 0; i < job.batch.size(); ++i) {
    if (const auto poison = job.poison.find(i); poison != job.poison.end()) {
      job.outcome.refused.push_back({i, poison->second});
      continue;
    }
    client.rows.reset(client.settings.mapping.size());
    if (Result<void> extracted = client.extractor.extract(job.batch[i], client.rows); !extracted) {
      refuse(client, job, i, std::move(extracted).error());
      continue;
    }
    std::optional<Fault> fault = store_row(client, job, i, again);
    if (fault || again) return fault;
  }
  return std::nullopt;
}

std::optional<Fault> Writer::store_row(Client& client, Job& job, uint32_t index, bool& again) {
  if (job.careful) {
    if (auto fault = connection_.execute("SAVEPOINT one_row", "begin a row")) return fault;
  }
  std::optional<Fault> fault;
  const Stored stored = client.table->store(client.rows[0], fault);
  if (stored == Stored::inserted) ++job.outcome.inserted;
  if (stored == Stored::already_there || stored == Stored::differs) ++job.outcome.already_there;
  if (stored == Stored::differs && job.outcome.different++ == 0) {
    job.outcome.first_different =
        columns::key_words(client.settings.mapping, client.settings.conflict, client.rows[0]) +
        client.origin.words(job.batch[index]);
  }
  if (stored == Stored::dropped) {
    refuse(client, job, index,
           permanent("table " + client.settings.table +
                         " did not store this row although it reported no error, and holds no row with its key: a "
                         "trigger drops it",
                     "row_dropped"));
  }
  if (fault) {
    const bool is_rows = fault->blame == Blame::record;
    if (!is_rows && !(may_be_one_row(*fault) && connection_.in_transaction())) return fault;
    if (is_rows && !connection_.in_transaction()) {
      // A trigger rolled everything back; the others are written again without this row.
      Error error = to_error(*fault);
      error.message += client.origin.words(job.batch[index]);
      job.poison.emplace(index, std::move(error));
      again = true;
      return std::nullopt;
    }
    if (!job.careful) {
      job.careful = true;
      again = true;
      return std::nullopt;
    }
    if (is_rows) {
      refuse(client, job, index, to_error(*fault));
    } else {
      hold(client, job, index, std::move(*fault));
    }
    if (auto undone = connection_.execute("ROLLBACK TO one_row", "undo a row")) return undone;
  }
  return job.careful ? connection_.execute("RELEASE one_row", "end a row") : std::nullopt;
}

void Writer::refuse(const Client& client, Job& job, uint32_t index, Error error) {
  error.message += client.origin.words(job.batch[index]);
  job.outcome.refused.push_back({index, std::move(error)});
}

/// So that the others can be stored.
void Writer::hold(Client& client, Job& job, uint32_t index, Fault fault) {
  if (job.held.empty()) {
    job.held_words = columns::key_words(client.settings.mapping, client.settings.conflict, client.rows[0]) +
                     client.origin.words(job.batch[index]);
    job.held_by = std::move(fault);
  }
  job.held.push_back(index);
}

/// Why the first of the rows that are held fails; named, where others of its batch do not.
std::optional<Fault> Writer::held_fault(const std::deque<Job>& jobs) {
  for (const Job& job : jobs) {
    if (job.held.empty()) continue;
    Fault fault = *job.held_by;
    if (job.is_left || job.held.size() < job.batch.size()) {
      fault.sentence += "; this is the record" + job.held_words + ", and the others of its batch are stored";
    }
    return fault;
  }
  return std::nullopt;
}

/// Every row that this client has left fails: it is hardly the rows' fault.
bool Writer::holds_all(const Client& client) {
  return std::all_of(client.writing.begin(), client.writing.end(),
                     [](const Job& job) { return job.held.size() == job.batch.size(); });
}

void Writer::disconnect() {
  {
    const std::lock_guard lock(mutex_);
    for (Client* client : clients_) client->table.reset();
  }
  connection_.close();
}

bool Writer::wait_for_other_writers(int asked_before) {
  const Clock::time_point now = Clock::now();
  if (asked_before == 0) busy_since_ = now;
  std::unique_lock lock(mutex_);
  const nanoseconds limit =
      hurry_ ? std::min<nanoseconds>(hurried_wait, nanoseconds(busy_timeout_ns_)) : nanoseconds(busy_timeout_ns_);
  if (now - busy_since_ >= limit) return false;
  const milliseconds pause(std::min(1 << std::min(asked_before, 5), 20));
  changed_.wait_for(lock, std::min<nanoseconds>(pause, limit - (now - busy_since_)), [this] { return ended_; });
  return true;
}

void Writer::postpone(Client& client, const Fault& fault) {
  client.retries.add();
  if (fault.blame == Blame::bug) client.context.stop(to_error(fault));
  say_blocked(client, fault);
  if (!holds_all(client)) {
    client.retry_at = after_pause(client, client.backoff);
    return;
  }
  client.held_at = after_pause(client, client.held_backoff);
  std::move(client.writing.begin(), client.writing.end(), std::back_inserter(client.held));
  client.writing.clear();
}

Clock::time_point Writer::after_pause(const Client& client, Backoff& backoff) {
  return Clock::now() + backoff.next(client.context.random());
}

void Writer::say_blocked(Client& client, const Fault& fault) {
  if (client.blocked_by == fault.sentence) return;
  client.blocked_by = fault.sentence;
  // The host logs it.
  client.context.blocked(fault.sentence);
}

void Writer::succeeded(Client& client) {
  client.transactions.add();
  client.backoff.reset();
  client.retry_at = {};
  const bool has_failed =
      std::any_of(client.writing.begin(), client.writing.end(), [](const Job& each) { return !each.held.empty(); });
  if (!has_failed && client.held.empty()) say_ready(client);
  for (Job& job : client.writing) {
    settle_job(client, job);
    if (!job.held.empty()) client.held.push_back(std::move(job));
  }
  client.writing.clear();
  if (client.held.empty()) return;
  say_blocked(client, *held_fault(client.held));
  if (!has_failed) return;
  client.retries.add();
  // Those that are held since before keep their time.
  if (client.held_at <= Clock::now()) client.held_at = after_pause(client, client.held_backoff);
}

void Writer::say_ready(Client& client) {
  client.held_backoff.reset();
  if (client.blocked_by.empty()) return;
  client.blocked_by.clear();
  client.context.ready("writing again");
  client.context.info("table " + client.settings.table + " is written again");
}

void Writer::settle_job(Client& client, Job& job) {
  Outcome& outcome = job.outcome;
  client.inserted.add(outcome.inserted);
  client.already_there.add(outcome.already_there);
  if (outcome.different > 0) {
    client.different.add(outcome.different);
    client.context.warn(columns::different_words(client.settings.table, outcome.first_different, outcome.different));
  }
  client.refused.add(static_cast<int64_t>(outcome.refused.size()));
  job.is_left = true;
  job.batch = settle_refusing(std::move(job.batch), std::move(outcome.refused), Taken::delivered, job.held);
  job.poison.clear();
}

void Writer::give_up(Client& client) {
  const std::string why = client.blocked_by.empty() ? "the node was closed" : client.blocked_by;
  const Error error = transient("not stored before the end: " + why);
  for (std::deque<Job>* const jobs : {&client.held, &client.writing}) {
    for (Job& job : *jobs) std::move(job.batch).fail(error);
    jobs->clear();
  }
}

}  // namespace sluice::sqlite
