// SPDX-License-Identifier: Apache-2.0
// The input half of the relay: finds or makes the topic, then hands its batches to the writer and never waits. A
// password or right that is wrong, or a topic that does not fit, is an error at the opening; a cluster that does not
// answer is waited for.
#pragma once
#include <memory>

#include "embedded.hpp"
#include "output_records.hpp"
#include "settings.hpp"
#include "sluice/claim.hpp"
#include "sluice/node.hpp"
#include "sluice/tail.hpp"
#include "write_lock.hpp"
#include "writer.hpp"

namespace sluice::kafka {

class Input : public Sink {
 public:
  static Result<std::unique_ptr<Input>> open(Context context, Config config);
  Input(Context context, const Settings& settings, std::shared_ptr<Embedded> embedded, std::shared_ptr<WriteLock> lock,
        std::unique_ptr<Writer> writer)
      : context_(context),
        settings_(settings),
        embedded_(std::move(embedded)),
        lock_(std::move(lock)),
        record_maker_(context, settings),
        writer_(std::move(writer)) {}
  Result<void> start() override;
  Result<void> write(Batch batch) override;
  /// Waits for the cluster: a thread of its own.
  Result<void> tail(const sluice_tail_query& query, TailTaker& taker) const;
  /// Likewise. Only with the option `lock`.
  Result<void> claim(Claim& claim) const;

 private:
  const Context context_;
  const Settings settings_;
  const std::shared_ptr<Embedded> embedded_;
  const std::shared_ptr<WriteLock> lock_;  ///< null: none. The writer writes its last records with it
  const RecordMaker record_maker_;         ///< copied for each tail that is read
  std::unique_ptr<Writer> writer_;
};

}  // namespace sluice::kafka
