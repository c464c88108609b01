// SPDX-License-Identifier: Apache-2.0
#include "row_store.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "sluice/columns/row_words.hpp"
#include "sql.hpp"
#include "wire_value.hpp"

namespace sluice::timescale {
namespace {

/// An attempt ends when it fails for so long with nothing stored.
constexpr std::chrono::seconds patience{1};
/// How often the same failure comes to the same rows before they are sent in halves.
constexpr uint32_t most_times = 2;
// A limit on rows that has grown to this again is no longer one.
constexpr size_t most_limited_rows = 4096;
constexpr std::string_view unique_violation = "23505";
constexpr std::string_view not_null_violation = "23502";
constexpr std::string_view check_violation = "23514";

/// A smaller statement needs less of it: memory, locks, limits of its size, time.
bool is_about_size(std::string_view state) {
  return state.starts_with("53") || state.starts_with("54") || state == "57014";
}

uint64_t number_of(const char* digits) {
  uint64_t number = 0;
  std::from_chars(digits, digits + std::char_traits<char>::length(digits), number);
  return number;
}

}  // namespace

RowStore::RowStore(Connection& connection, const Settings& settings, Origin origin, Metric statements)
    : connection_(connection),
      settings_(settings),
      origin_(origin),
      statements_(statements),
      doing_("write to table " + settings.table_name()),
      bounded_(bounded_columns(settings)),
      copy_(copy_sql(settings)),
      copy_choice_(settings.copies) {}

std::optional<Failure> RowStore::prepare(const Seen& seen) {
  table_reads_copy_ = seen.reads_copy;
  name_ = seen.called;
  insert_ = Statement(insert_sql(settings_, seen.casts));
  plain_insert_ = Statement(plain_insert_sql(settings_, seen.casts));
  if (!settings_.conflict.empty()) look_up_ = Statement(look_up_sql(settings_, seen.casts, seen.compared));
  most_rows_ = 0;
  if (auto failure = connection_.prepare(insert_, doing_)) return failure;
  if (settings_.conflict.empty()) return std::nullopt;
  if (auto failure = connection_.prepare(plain_insert_, doing_)) return failure;
  // The bounds that a look-up gives leave few chunks; TimescaleDB would exclude them anew for every single key.
  constexpr const char* sql =
      "SELECT set_config(name, 'off', false) FROM pg_settings WHERE name = 'timescaledb.enable_runtime_exclusion'";
  if (!connection_.is_pooled()) {
    if (auto failure = connection_.execute(sql, doing_)) return failure;
  }
  return connection_.prepare(look_up_, doing_);
}

std::optional<Failure> RowStore::store(Job& job, const std::function<void()>& meanwhile) {
  static const std::function<void()> nothing = [] {};
  const std::function<void()>* what = &meanwhile;
  job.by_copy = job.by_copy && copies();
  const bool by_copy = job.by_copy;
  Attempt attempt;
  while (!job.work.empty()) {
    if (most_rows_ > 0 && job.work.back().size() > most_rows_) {
      job.by_copy = false;
      divide(job);
      continue;
    }
    const size_t rows = job.work.back().size();
    const uint64_t before = job.inserted + job.already_there;
    std::optional<Failure> failure = store_part(job, *what);
    what = &nothing;
    if (failure) {
      if (!goes_on_after(*failure, job, attempt)) return failure;
    } else if (job.inserted + job.already_there > before) {
      attempt.has_stored = true;
      attempt.stored_at = Clock::now();
      job.trouble.others_passed = true;
      job.trouble.most_passed = std::max(job.trouble.most_passed, rows);
    }
  }
  job.count_already_there();
  if (!by_copy) copy_choice_.inserted(job.already_there + job.refused_count() == 0);
  const Trouble& trouble = job.trouble;
  if (trouble.times >= most_times && !trouble.was_alone && is_about_size(trouble.state)) {
    most_rows_ = trouble.most_passed;
  } else if (most_rows_ > 0 && trouble.times == 0) {
    // What was too large may have been a lock that is gone.
    most_rows_ = most_rows_ < most_limited_rows ? most_rows_ * 2 : 0;
  }
  return std::nullopt;
}

/// The last part failed, and not as a bad row does. What comes once more is sent in smaller parts, so that what can be
/// stored is, and what cannot be is known; a row that is left alone waits behind the others.
bool RowStore::goes_on_after(Failure& failure, Job& job, Attempt& attempt) {
  if (failure.blame == Blame::interrupted) return false;
  Trouble& trouble = job.trouble;
  if (trouble.times == 0) trouble = {};
  if (trouble.state != failure.state) {
    // Another row's, perhaps; what is known of the others stays known.
    trouble.state = failure.state;
    trouble.times = 0;
    trouble.sentence.clear();
  }
  const bool is_again = ++trouble.times >= most_times;
  if (job.work.back().size() > 1) {
    if (is_again && !std::exchange(job.by_copy, false)) divide(job);
    return is_again && connection_.is_open();
  }
  job.by_copy = false;
  trouble.was_alone = true;
  std::rotate(job.work.begin(), job.work.end() - 1, job.work.end());
  name_row(failure, job, job.work.front().front());
  const bool all_failed = ++attempt.alone >= job.work.size();
  const bool is_enough = Clock::now() - attempt.stored_at > patience || (!attempt.has_stored && !trouble.others_passed);
  return !all_failed && !is_enough && connection_.is_open();
}

/// Only where others passed is it this row that is in the way. The same one is named as long as it is there.
void RowStore::name_row(Failure& failure, Job& job, uint32_t row) const {
  Trouble& trouble = job.trouble;
  if (!trouble.others_passed && job.rows.size() > 1) return;
  const bool is_named =
      !trouble.sentence.empty() &&
      std::any_of(job.work.begin(), job.work.end(), [&](const Rows& part) { return part.front() == trouble.row; });
  if (!is_named) {
    trouble.row = row;
    trouble.sentence = failure.sentence + "; this is the record" +
                       columns::key_words(settings_.mapping, settings_.conflict, job.rows[row]) +
                       job.words(row, origin_) + ", alone in its statement" +
                       (trouble.others_passed ? ", and the others of its batch are stored as far as they can be" : "");
  }
  failure.sentence = trouble.sentence;
  // Waiting alone will hardly help it.
  if (failure.blame == Blame::passing) failure.blame = Blame::unknown;
}

std::optional<Failure> RowStore::store_part(Job& job, const std::function<void()>& meanwhile) {
  const Rows part = job.work.back();
  uint64_t inserted = 0;
  std::optional<Failure> failure = insert(job, insert_, part, meanwhile, inserted);
  if (failure && failure->blame != Blame::record) return failure;
  if (const bool was_copy = std::exchange(job.by_copy, false); was_copy) {
    if (failure) {
      copy_choice_.copy_refused();
      return std::nullopt;
    }
    copy_choice_.copied();
  }
  if (inserted == part.size()) {
    job.work.pop_back();
    job.inserted += inserted;
    return std::nullopt;
  }
  // Without a conflict target nothing was stored.
  if ((failure || settings_.conflict.empty()) && part.size() > 1) {
    divide(job);
    return std::nullopt;
  }
  if (failure || settings_.conflict.empty()) {
    job.work.pop_back();
    refuse(job, part.front(), failure ? *failure : dropped());
    return std::nullopt;
  }
  Rows missing;
  // Nothing is forgotten where this fails: the same rows are sent again, and those that are there count as there.
  if (auto unknown = look_up(job, part, missing)) return unknown;
  if (part.size() == 1 && !missing.empty()) return store_again(job, part);
  job.work.pop_back();
  job.inserted += inserted;
  job.already_there += part.size() - std::min<uint64_t>(part.size(), inserted + missing.size());
  for (auto row = missing.rbegin(); row != missing.rend(); ++row) job.work.push_back({*row});
  return std::nullopt;
}

/// A row that was not inserted, without its key in the table: a trigger dropped it, or gave it another key that is
/// there. Sent without leave to be there, it is refused in the second case. Whether by the index that conflict means,
/// or by another one, shows when it is sent with leave again: another one refuses it then, too.
std::optional<Failure> RowStore::store_again(Job& job, const Rows& one) {
  uint64_t inserted = 0;
  std::optional<Failure> failure = insert(
      job, plain_insert_, one, [] {}, inserted);
  bool is_there = false;
  if (failure && failure->state == unique_violation) {
    failure = insert(
        job, insert_, one, [] {}, inserted);
    is_there = !failure && inserted == 0;
  }
  if (failure && failure->blame != Blame::record) return failure;
  job.work.pop_back();
  job.inserted += inserted;
  if (is_there) {
    ++job.already_there;
  } else if (inserted == 0) {
    refuse(job, one.front(), failure ? *failure : dropped());
  }
  return std::nullopt;
}

std::optional<Failure> RowStore::insert(Job& job, const Statement& statement, const Rows& part,
                                        const std::function<void()>& meanwhile, uint64_t& inserted) {
  std::optional<Failure> failure = transact(job, statement, part, meanwhile, inserted);
  if (failure) blame_table(failure);
  return failure;
}

std::optional<Failure> RowStore::transact(Job& job, const Statement& statement, const Rows& part,
                                          const std::function<void()>& meanwhile, uint64_t& inserted) {
  // Without a conflict target nothing can be looked up, so all rows are stored together or none is.
  const bool all_or_none = settings_.conflict.empty();
  if (!all_or_none && !connection_.is_pooled()) return exchange(job, statement, part, meanwhile, inserted);
  if (auto failure = connection_.begin(doing_)) {
    // A part of it may have begun a transaction.
    connection_.roll_back(doing_);
    return failure;
  }
  std::optional<Failure> failure = exchange(job, statement, part, meanwhile, inserted);
  if (!failure && (!all_or_none || inserted == part.size())) failure = connection_.commit(doing_);
  if (failure || (all_or_none && inserted < part.size())) inserted = 0;
  if (auto second = connection_.roll_back(doing_)) return second;
  return failure;
}

std::optional<Failure> RowStore::exchange(Job& job, const Statement& statement, const Rows& part,
                                          const std::function<void()>& meanwhile, uint64_t& inserted) {
  statements_.add();
  std::optional<Failure> failure;
  if (job.by_copy) {
    failure = connection_.send_copy(copy_, job.copy_rows(part), doing_);
  } else {
    const Arrays& arrays = job.arrays(part);
    std::vector<Parameter> parameters(settings_.mapping.size());
    for (size_t i = 0; i < parameters.size(); ++i) parameters[i] = arrays[i];
    failure = connection_.send(statement, parameters, doing_);
  }
  if (!failure) {
    meanwhile();
    ServerResult result;
    failure = connection_.receive(doing_, result);
    if (!failure) inserted = number_of(PQcmdTuples(result.get()));
  }
  return failure;
}

/// What no row of this kind could pass is not the row's fault, unless it is another table that a trigger or rule
/// writes. Outside of a transaction that failed, as it may ask the server.
void RowStore::blame_table(std::optional<Failure>& failure) {
  std::string_view todo;
  if (failure->state == not_null_violation && !failure->column.empty()) {
    const std::optional<size_t> mapped = settings_.mapping.find(failure->column);
    if (mapped && !settings_.column(*mapped).nullable) return;
    todo = mapped ? "the graph says nullable: true: let the table take NULL, or drop it from the graph"
                  : "give the column a default, or add it to columns";
  } else if (failure->state == check_violation && failure->constraint.empty() &&
             failure->routine == "ExecFindPartition") {
    todo = "create the partition, or one that is the default";
  } else {
    return;
  }
  bool is_own = false;
  if (auto unknown = look_for_table(connection_, settings_, name_, *failure, is_own)) {
    failure = std::move(unknown);
  } else if (is_own) {
    failure->sentence += "; " + std::string(todo);
    failure->blame = Blame::person;
  } else {
    failure->sentence += "; a trigger or rule of table " + settings_.table_name() + " writes to table " +
                         failure->table + ", and fails for this row";
  }
}

Failure RowStore::dropped() const {
  return {Blame::record, "row_dropped",
          "table " + settings_.table_name() +
              " did not store this row although it reported no error, and holds no row with its key: a trigger or "
              "rule drops it"};
}

std::optional<Failure> RowStore::look_up(Job& job, const Rows& part, Rows& missing) {
  std::vector<Parameter> parameters;
  const Arrays& arrays = job.arrays(part);
  for (size_t column = 0; column < settings_.mapping.size(); ++column) parameters.push_back(arrays[column]);
  std::vector<std::array<uint8_t, length_size + 8>> bounds;
  bounds.reserve(2 * bounded_.size());
  for (const size_t column : bounded_) {
    const auto at = [&](uint32_t row) -> const columns::Value& { return job.rows[row][column]; };
    const auto [least, most] = std::minmax_element(
        part.begin(), part.end(), [&](uint32_t a, uint32_t b) { return at(a).integer < at(b).integer; });
    for (const uint32_t row : {*least, *most}) {
      uint8_t* const start = bounds.emplace_back().data();
      uint8_t* end = start;
      put_value(settings_.column(column).type.kind, at(row), end);
      parameters.emplace_back(start + length_size, end);
    }
  }
  statements_.add();
  if (auto failure = connection_.send(look_up_, parameters, doing_)) return failure;
  ServerResult result;
  if (auto failure = connection_.receive(doing_, result)) return failure;
  for (int i = 0; i < PQntuples(result.get()); ++i) {
    const uint32_t row = part[number_of(PQgetvalue(result.get(), i, 0)) - 1];
    if (PQgetisnull(result.get(), i, 1) != 0) {
      missing.push_back(row);
    } else if (job.different++ == 0) {
      job.first_different =
          columns::key_words(settings_.mapping, settings_.conflict, job.rows[row]) + job.words(row, origin_);
    }
  }
  std::sort(missing.begin(), missing.end());
  return std::nullopt;
}

void RowStore::divide(Job& job) {
  const Rows part = std::move(job.work.back());
  job.work.pop_back();
  const auto middle = part.begin() + static_cast<std::ptrdiff_t>(part.size() / 2);
  job.work.emplace_back(middle, part.end());
  job.work.emplace_back(part.begin(), middle);
}

void RowStore::refuse(Job& job, uint32_t row, const Failure& failure) {
  job.refuse(row, permanent(failure.sentence, failure.state), origin_);
}

}  // namespace sluice::timescale
