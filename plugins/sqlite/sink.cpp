// SPDX-License-Identifier: Apache-2.0
#include "sink.hpp"

#include "sql.hpp"
#include "stored_rows.hpp"

namespace sluice::sqlite {
namespace {

/// The page cache, the log's index and one row's memory; two sinks on one file share it, and each declares it.
constexpr int64_t memory_bytes = int64_t{10} << 20;

}  // namespace

void SqliteSink::describe(Config config, Description& description) {
  const Result<Settings> settings = read_settings(config, &description);
  description.max_in_flight(config["max_in_flight"].integer());
  description.memory_bytes(memory_bytes);
  if (config["synchronous"].text() == "normal") {
    description.durable(true, "write-ahead log, synchronous: normal; a loss of power may take the last commits");
  } else {
    description.durable(true, "write-ahead log, synced at every commit");
  }
  if (!settings) return;
  if (settings->conflict.empty()) {
    description.idempotent(false, "without `conflict`, a record that arrives twice is stored twice");
  } else {
    description.idempotent(true, "unique index " + conflict_names(*settings));
  }
}

Result<void> SqliteSink::scan(Config config, const ScanQuery& query, ScanTaker& taker) {
  const Result<Settings> settings = read_settings(config);
  if (!settings) return settings.error();
  return read_stored_rows(*settings, query, taker);
}

Result<std::unique_ptr<SqliteSink>> SqliteSink::open(Context context, Config config) {
  Result<Settings> settings = read_settings(config);
  if (!settings) return settings.error();
  settings->mapping.bind(context);
  auto client = std::make_unique<Client>(context, std::move(*settings));
  std::shared_ptr<Writer> writer = writer_of(client->settings.path);
  Result<void> attached = writer->attach(*client);
  if (!attached) return attached.error();
  return std::make_unique<SqliteSink>(std::move(client), std::move(writer));
}

SqliteSink::~SqliteSink() { writer_->detach(*client_); }

Result<void> SqliteSink::start() {
  writer_->start();
  client_->context.ready();
  return {};
}

Result<void> SqliteSink::write(Batch batch) {
  if (batch.empty()) {
    std::move(batch).deliver();
    return {};
  }
  writer_->push(*client_, std::move(batch));
  return {};
}

}  // namespace sluice::sqlite
