// SPDX-License-Identifier: Apache-2.0
#include "sink.hpp"

#include "sql.hpp"
#include "stored_rows.hpp"

namespace sluice::timescale {
namespace {

/// Rows and arrays of two statements, libpq's copy of one, and the connection.
constexpr int64_t memory_bytes = int64_t{24} << 20;

Config place_of(Config config, const Finding& finding) {
  using Where = Finding::Where;
  switch (finding.where) {
    case Where::url:
      return config["url"];
    case Where::table:
      break;
    case Where::column:
      return config["columns"][finding.column]["as"];
    case Where::conflict:
      return config["conflict"];
    case Where::create:
      return config["create"];
    case Where::hypertable:
      return config["hypertable"];
    case Where::indexes:
      return config["indexes"];
  }
  return config["table"];
}

}  // namespace

void TimescaleSink::describe(Config config, Description& description) {
  const Result<Settings> settings = read_settings(config, &description);
  description.max_in_flight(config["max_in_flight"].integer());
  description.memory_bytes(memory_bytes);
  description.durable(true, "a row counts once the server has committed it");
  if (!settings) return;
  if (settings->conflict.empty()) {
    description.idempotent(false, "without `conflict`, a record that arrives twice is stored twice");
  } else {
    description.idempotent(true, "unique index " + names(*settings, settings->conflict));
  }
}

Result<void> TimescaleSink::probe(Config config, Description& description) {
  Result<Settings> settings = read_settings(config);
  if (!settings) return settings.error();
  Connection connection(*settings, -1);
  Seen seen;
  std::optional<Failure> failure = connection.open();
  if (!failure) failure = connection.execute("BEGIN READ ONLY", "begin a transaction");
  if (!failure) failure = look(connection, *settings, seen);
  connection.roll_back("end a transaction");
  if (failure && failure->blame != Blame::person) return to_error(*failure);
  if (failure) {
    description.problem(config["url"], failure->sentence);
    return {};
  }
  for (const Finding& finding : seen.findings) {
    if (finding.warning) {
      description.warning(place_of(config, finding), finding.sentence);
    } else {
      description.problem(place_of(config, finding), finding.sentence);
    }
  }
  return {};
}

Result<void> TimescaleSink::scan(Config config, const ScanQuery& query, ScanTaker& taker) {
  const Result<Settings> settings = read_settings(config);
  if (!settings) return settings.error();
  return read_stored_rows(*settings, query, taker);
}

Result<std::unique_ptr<TimescaleSink>> TimescaleSink::open(Context context, Config config) {
  Result<Settings> settings = read_settings(config);
  if (!settings) return settings.error();
  settings->mapping.bind(context);
  auto writer = std::make_unique<Writer>(context, *settings);
  if (Result<void> opened = writer->open(); !opened) return opened.error();
  return std::make_unique<TimescaleSink>(context, std::move(*settings), std::move(writer));
}

Result<void> TimescaleSink::start() {
  writer_->start();
  return {};
}

Result<void> TimescaleSink::write(Batch batch) {
  if (batch.empty()) {
    std::move(batch).deliver();
  } else {
    writer_->push(std::move(batch));
  }
  return {};
}

}  // namespace sluice::timescale
