// SPDX-License-Identifier: Apache-2.0
#include "row_store.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "big_endian.hpp"
#include "sql.hpp"
#include "wire_value.hpp"

namespace sluice::timescale {
namespace {

constexpr const char* insert_name = "sluice_insert";
constexpr const char* insert_alone_name = "sluice_insert_alone";
constexpr const char* missing_name = "sluice_missing";

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

std::optional<Failure> RowStore::prepare(bool table_reads_copy) {
  table_reads_copy_ = table_reads_copy;
  if (auto failure = connection_.prepare(insert_name, insert_sql(settings_), doing_)) return failure;
  if (settings_.conflict.empty()) return std::nullopt;
  if (auto failure = connection_.prepare(insert_alone_name, insert_alone_sql(settings_), doing_)) return failure;
  // The bounds that a look-up gives leave few chunks; TimescaleDB would exclude them anew for every single key.
  constexpr const char* sql =
      "SELECT set_config(name, 'off', false) FROM pg_settings WHERE name = 'timescaledb.enable_runtime_exclusion'";
  if (auto failure = connection_.execute(sql, doing_)) return failure;
  return connection_.prepare(missing_name, missing_sql(settings_), doing_);
}

std::optional<Failure> RowStore::store(Job& job, const std::function<void()>& meanwhile) {
  static const std::function<void()> nothing = [] {};
  const std::function<void()>* what = &meanwhile;
  job.by_copy = job.by_copy && copies();
  const bool by_copy = job.by_copy;
  while (!job.work.empty()) {
    if (auto failure = store_part(job, *what)) return failure;
    what = &nothing;
  }
  if (!by_copy) copy_choice_.inserted(job.already_there + job.refused_count() == 0);
  return std::nullopt;
}

std::optional<Failure> RowStore::store_part(Job& job, const std::function<void()>& meanwhile) {
  const Rows part = job.work.back();
  uint64_t inserted = 0;
  std::optional<Failure> failure = settings_.conflict.empty() ? insert_or_nothing(job, part, meanwhile, inserted)
                                                              : insert(job, part, meanwhile, inserted);
  if (failure && failure->blame != Blame::record) return failure;
  if (const bool was_copy = std::exchange(job.by_copy, false); was_copy) {
    if (failure) {
      copy_choice_.copy_refused();
      return std::nullopt;
    }
    copy_choice_.copied();
  }
  if (failure) {
    job.work.pop_back();
    if (part.size() == 1) {
      refuse(job, part.front(), *failure);
    } else {
      divide(job, part);
    }
    return std::nullopt;
  }
  if (inserted == part.size()) {
    job.work.pop_back();
    job.inserted += inserted;
    return std::nullopt;
  }
  Rows missing;
  if (settings_.conflict.empty()) {
    missing = part;
  } else if (auto unknown = look_up(job, part, missing)) {
    // Nothing is forgotten: the same rows are sent again, and those that are there count as there.
    return unknown;
  }
  job.work.pop_back();
  job.inserted += inserted;
  job.already_there += part.size() - std::min<uint64_t>(part.size(), inserted + missing.size());
  if (missing.empty()) return std::nullopt;
  if (missing.size() < part.size()) {
    job.work.push_back(std::move(missing));
  } else if (part.size() > 1) {
    divide(job, part);
  } else {
    refuse(job, part.front(),
           {Blame::record, "row_dropped",
            "table " + settings_.table_name() +
                " did not store this row although it reported no error, and holds no row with its key: a trigger or "
                "rule drops it"});
  }
  return std::nullopt;
}

std::optional<Failure> RowStore::send(Job& job, const Rows& part) {
  statements_.add();
  if (job.by_copy) return connection_.send_copy(copy_, job.copy_rows(part), doing_);
  const Arrays& arrays = job.arrays(part);
  std::vector<Parameter> parameters(settings_.mapping.size());
  for (size_t i = 0; i < parameters.size(); ++i) parameters[i] = arrays[i];
  // Alone, a row that another unique index refuses is told so by name.
  const bool alone = part.size() == 1 && !settings_.conflict.empty();
  return connection_.send(alone ? insert_alone_name : insert_name, parameters, doing_);
}

std::optional<Failure> RowStore::insert(Job& job, const Rows& part, const std::function<void()>& meanwhile,
                                        uint64_t& inserted) {
  if (auto failure = send(job, part)) return failure;
  meanwhile();
  ServerResult result;
  if (auto failure = connection_.receive(doing_, result)) return failure;
  inserted = number_of(PQcmdTuples(result.get()));
  return std::nullopt;
}

/// Without a conflict target nothing can be looked up, so all rows are stored together or none is.
std::optional<Failure> RowStore::insert_or_nothing(Job& job, const Rows& part, const std::function<void()>& meanwhile,
                                                   uint64_t& inserted) {
  if (auto failure = connection_.execute("BEGIN", doing_)) return failure;
  std::optional<Failure> failure = insert(job, part, meanwhile, inserted);
  if (!failure && inserted == part.size()) return connection_.execute("COMMIT", doing_);
  if (connection_.is_open()) {
    if (auto second = connection_.execute("ROLLBACK", doing_)) return second;
  }
  if (!failure) inserted = 0;
  return failure;
}

std::optional<Failure> RowStore::look_up(Job& job, const Rows& part, Rows& missing) {
  std::vector<Parameter> parameters;
  const Arrays& arrays = job.arrays(part);
  for (const size_t column : settings_.conflict) parameters.push_back(arrays[column]);
  std::vector<std::array<uint8_t, 8>> bounds;
  bounds.reserve(2 * bounded_.size());
  for (const size_t column : bounded_) {
    const auto at = [&](uint32_t row) { return job.rows[row][column].integer - postgres_epoch_us; };
    const auto [least, most] =
        std::minmax_element(part.begin(), part.end(), [&](uint32_t a, uint32_t b) { return at(a) < at(b); });
    for (const uint32_t row : {*least, *most}) {
      put_64(bounds.emplace_back().data(), static_cast<uint64_t>(at(row)));
      parameters.emplace_back(bounds.back());
    }
  }
  statements_.add();
  if (auto failure = connection_.send(missing_name, parameters, doing_)) return failure;
  ServerResult result;
  if (auto failure = connection_.receive(doing_, result)) return failure;
  for (int i = 0; i < PQntuples(result.get()); ++i) {
    missing.push_back(part[number_of(PQgetvalue(result.get(), i, 0)) - 1]);
  }
  std::sort(missing.begin(), missing.end());
  return std::nullopt;
}

void RowStore::divide(Job& job, const Rows& part) {
  const auto middle = part.begin() + static_cast<std::ptrdiff_t>(part.size() / 2);
  job.work.emplace_back(middle, part.end());
  job.work.emplace_back(part.begin(), middle);
}

void RowStore::refuse(Job& job, uint32_t row, const Failure& failure) {
  job.refuse(row, permanent(failure.sentence, failure.state), origin_);
}

}  // namespace sluice::timescale
