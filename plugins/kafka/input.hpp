// SPDX-License-Identifier: Apache-2.0
// The input half of the relay: finds or makes the topic, then hands its batches to the writer and never waits. A
// password or right that is wrong, or a topic that does not fit, is an error at the opening; a cluster that does not
// answer is waited for.
#pragma once
#include <memory>

#include "sluice/node.hpp"
#include "writer.hpp"

namespace sluice::kafka {

class Input : public Sink {
 public:
  static Result<std::unique_ptr<Input>> open(Context context, Config config);
  explicit Input(std::unique_ptr<Writer> writer) : writer_(std::move(writer)) {}
  Result<void> start() override;
  Result<void> write(Batch batch) override;

 private:
  std::unique_ptr<Writer> writer_;
};

}  // namespace sluice::kafka
