// SPDX-License-Identifier: Apache-2.0
#include "writer.hpp"

#include <poll.h>

#include <algorithm>
#include <utility>

#include "sluice/columns/row_words.hpp"

namespace sluice::timescale {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds first_retry{50};
constexpr milliseconds longest_retry{2000};
constexpr milliseconds first_retry_of_a_person{1000};
constexpr milliseconds longest_retry_of_a_person{30'000};
/// Failures of unknown classes, one after the other, before a person is asked for.
constexpr uint32_t most_unknown_failures = 8;
/// Small batches that wait share a statement up to this many rows; more rows gain nothing.
constexpr uint32_t rows_of_a_statement = 1000;
/// A larger batch is cut: memory stays bounded, and no statement takes long.
constexpr uint32_t most_rows_of_a_statement = 5000;
constexpr uint64_t most_bytes_of_a_statement = uint64_t{4} << 20;

/// How many of the batch's first records make one statement; `bytes` is what they hold.
uint32_t fitting_records(const Batch& batch, uint64_t& bytes) {
  bytes = 0;
  for (uint32_t i = 0; i < batch.size(); ++i) {
    const uint64_t with_this = bytes + batch[i].payload().size();
    if (i > 0 && (i == most_rows_of_a_statement || with_this > most_bytes_of_a_statement)) return i;
    bytes = with_this;
  }
  return batch.size();
}

}  // namespace

Writer::Writer(Context context, Settings settings)
    : context_(context),
      settings_(std::move(settings)),
      inserted_(context.counter("rows_inserted_total", "Rows that were stored.")),
      already_there_(context.counter("rows_already_there_total", "Rows whose key the table held already.")),
      different_(
          context.counter("rows_different_total",
                          "Rows whose key was there already, with other values; counted as already there, too.")),
      refused_(context.counter("rows_refused_total", "Rows that the mapping or the database refused.")),
      retries_(context.counter("retries_total", "Attempts that failed and were made again.")),
      connections_(context.counter("reconnects_total", "Connections made after the first.")),
      origin_(context),
      extractor_(settings_.mapping),
      connection_(settings_, closing_.fd()),
      store_(connection_, settings_, origin_,
             context.counter("statements_total", "Statements that insert rows or look keys up.")),
      current_(settings_.mapping),
      next_(settings_.mapping),
      backoff_(first_retry, longest_retry),
      person_backoff_(first_retry_of_a_person, longest_retry_of_a_person) {
  current_.start_anew(settings_.mapping.size());
  next_.start_anew(settings_.mapping.size());
}

Writer::~Writer() {
  worker_.ask_to_end();
  closing_.wake();
  worker_.end();
  finish();
}

Result<void> Writer::open() {
  std::optional<Failure> failure = connect();
  if (!failure) return {};
  if (failure->blame == Blame::person) return to_error(*failure);
  postpone(std::move(*failure));
  return {};
}

void Writer::start() {
  if (connection_.is_open()) say_ready();
  worker_.start("timescale", [this](const Pace& pace) { run(pace); });
}

void Writer::push(Batch batch) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(batch));
  }
  work_.wake();
}

void Writer::run(const Pace& pace) {
  while (true) {
    if (current_.empty()) std::swap(current_, next_);
    if (current_.empty() && take(current_)) fill(current_);
    if (current_.empty()) {
      if (pace.is_ending()) break;
      if (connection_.is_open()) {
        wait_for_work();
        continue;
      }
    }
    if (Clock::now() < retry_at_) {
      if (pace.is_ending()) break;
      wait_for_work();
      continue;
    }
    std::optional<Failure> failure;
    if (!connection_.is_open()) failure = connect();
    if (!failure && !current_.empty()) failure = store_.store(current_, [this] { prepare_next(); });
    if (!failure) {
      say_ready();
      succeeded(current_);
      continue;
    }
    postpone(std::move(*failure));
    if (pace.is_ending()) break;
  }
}

std::optional<Failure> Writer::connect() {
  std::optional<Failure> failure = connection_.open();
  std::vector<std::string> said;
  if (!failure) failure = connection_.end_left(said);
  for (const std::string& each : said) context_.warn("table " + settings_.table_name() + ": " + each);
  Seen seen;
  if (!failure) failure = ensure_table(connection_, settings_, seen);
  if (!failure) failure = store_.prepare(seen);
  if (failure) {
    connection_.close();
    return failure;
  }
  const std::string table = "table " + settings_.table_name() + " at " + connection_.place();
  if (was_connected_) {
    connections_.add();
    // A connection that was closed to look at everything again is no news.
    if (!std::exchange(looks_again_, false)) context_.info(table + ": connected again, " + seen.server.words());
  } else {
    context_.info(table + ": " + seen.server.words() + (seen.created ? "; the table was created" : ""));
    if (settings_.hypertable && seen.server.extension.empty()) {
      context_.warn(table + " is an ordinary table: this PostgreSQL has no TimescaleDB");
    }
  }
  std::vector<std::string> found;
  for (const Finding& finding : seen.findings) {
    const bool is_news = std::find(findings_.begin(), findings_.end(), finding.sentence) == findings_.end();
    if (is_news) context_.warn(finding.sentence);
    found.push_back(finding.sentence);
  }
  findings_ = std::move(found);
  was_connected_ = true;
  return std::nullopt;
}

/// Small batches that wait go together; one that is there goes at once.
bool Writer::take(Job& job) {
  job.start_anew(settings_.mapping.size());
  uint32_t rows = 0;
  uint64_t bytes = 0;
  const std::lock_guard lock(mutex_);
  while (!waiting_.empty()) {
    Batch& first = waiting_.front();
    uint64_t first_bytes = 0;
    const uint32_t count = fitting_records(first, first_bytes);
    const bool is_alone = rows == 0;
    if (!is_alone && (rows + count > rows_of_a_statement || bytes + first_bytes > most_bytes_of_a_statement)) break;
    rows += count;
    bytes += first_bytes;
    if (count < first.size()) {
      taken_.push_back(first.cut(count));
      break;
    }
    taken_.push_back(std::move(first));
    waiting_.pop_front();
  }
  return rows > 0;
}

/// Rows of what was taken; outside of the lock, as it takes a while.
void Writer::fill(Job& job) {
  for (Batch& batch : taken_) job.add(std::move(batch), extractor_, origin_);
  taken_.clear();
  job.begin(store_.copies());
}

void Writer::prepare_next() {
  if (next_.empty() && take(next_)) fill(next_);
}

/// Until there is work, or the end of a pause, or the server goes away, or the node is being closed.
void Writer::wait_for_work() {
  const bool pausing = Clock::now() < retry_at_;
  const bool watching = connection_.is_open();
  pollfd watched[3] = {{closing_.fd(), POLLIN, 0},
                       {pausing ? -1 : work_.fd(), POLLIN, 0},
                       {watching ? connection_.socket() : -1, POLLIN, 0}};
  const auto left = std::chrono::ceil<milliseconds>(retry_at_ - Clock::now());
  if (::poll(watched, 3, pausing ? static_cast<int>(std::max<int64_t>(left.count(), 0)) : -1) <= 0) return;
  if (watched[1].revents != 0) work_.take();
  if (watched[2].revents != 0) {
    if (std::optional<Failure> failure = connection_.hear()) postpone(std::move(*failure));
  }
}

void Writer::postpone(Failure failure) {
  if (failure.blame == Blame::interrupted) {
    said_ = failure.sentence;
    return;
  }
  retries_.add();
  if (failure.blame == Blame::unknown && ++unknown_failures_ >= most_unknown_failures) failure.blame = Blame::person;
  const bool person = failure.blame == Blame::person;
  // A failure of the other kind begins anew.
  (person ? backoff_ : person_backoff_).reset();
  retry_at_ = Clock::now() + (person ? person_backoff_ : backoff_).next(context_.random());
  // The table may have been mended meanwhile, or made anew: everything is looked at again.
  if (person) {
    connection_.close();
    looks_again_ = true;
  }
  const bool connecting = failure.blame == Blame::passing && !connection_.is_open();
  if (said_ == failure.sentence && said_connecting_ == connecting) return;
  is_ready_ = false;
  said_ = failure.sentence;
  said_connecting_ = connecting;
  if (connecting) {
    context_.connecting(said_);
    context_.warn(said_ + "; nothing settles, and the sink retries");
  } else {
    // The host logs it.
    context_.blocked(said_);
  }
}

void Writer::say_ready() {
  backoff_.reset();
  person_backoff_.reset();
  unknown_failures_ = 0;
  retry_at_ = {};
  if (is_ready_) return;
  is_ready_ = true;
  said_.clear();
  context_.ready("table " + settings_.table_name() + " at " + connection_.place());
}

void Writer::succeeded(Job& job) {
  inserted_.add(static_cast<int64_t>(job.inserted));
  already_there_.add(static_cast<int64_t>(job.already_there));
  if (job.different > 0) {
    different_.add(static_cast<int64_t>(job.different));
    context_.warn(columns::different_words(settings_.table_name(), job.first_different, job.different));
  }
  refused_.add(static_cast<int64_t>(job.refused_count()));
  job.settle();
}

void Writer::finish() {
  connection_.close();
  const Error error = transient("not stored before the end: " + (said_.empty() ? "the node was closed" : said_));
  current_.give_up(error);
  next_.give_up(error);
  const std::lock_guard lock(mutex_);
  for (Batch& batch : waiting_) std::move(batch).fail(error);
  waiting_.clear();
}

}  // namespace sluice::timescale
