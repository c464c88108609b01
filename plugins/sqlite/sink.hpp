// SPDX-License-Identifier: Apache-2.0
// The sqlite node: describes itself, hands its batches to the writer of its database file and never waits for it. At
// its end it gives what still waits one last attempt.
#pragma once
#include <memory>

#include "newest_rows.hpp"
#include "probe.hpp"
#include "sluice/node.hpp"
#include "sluice/scan.hpp"
#include "writer.hpp"

namespace sluice::sqlite {

class SqliteSink : public Sink {
 public:
  static void describe(Config config, Description& description);
  static Result<void> probe(Config config, Description& description) { return probe_store(config, description); }
  /// Reads all rows: waits for the database.
  static Result<void> scan(Config config, const ScanQuery& query, ScanTaker& taker);
  static Result<std::unique_ptr<SqliteSink>> open(Context context, Config config);

  SqliteSink(std::unique_ptr<Client> client, std::shared_ptr<Writer> writer)
      : client_(std::move(client)), writer_(std::move(writer)) {}
  ~SqliteSink() override;
  Result<void> start() override;
  Result<void> write(Batch batch) override;
  /// Waits for whoever holds the file: a thread of its own.
  Result<void> tail(const sluice_tail_query& query, TailTaker& taker) const {
    return read_newest_rows(client_->context, client_->settings, query, taker);
  }

 private:
  std::unique_ptr<Client> client_;
  std::shared_ptr<Writer> writer_;
};

}  // namespace sluice::sqlite
