// SPDX-License-Identifier: Apache-2.0
// `discard`: a sink that settles every record as discarded, with the reason "discard". For trying graphs out and for
// benchmarks. It never counts anything as delivered.
#pragma once
#include <memory>

#include "sluice/node.hpp"

namespace sluice::flow {

class Discard : public Sink {
 public:
  static void describe(Config, Description& to) {
    to.durable(false, "discard keeps nothing");
    to.idempotent(true, "discard keeps nothing, so a repeat changes nothing");
  }
  static Result<std::unique_ptr<Discard>> open(Context, Config) { return std::make_unique<Discard>(); }
  Result<void> write(Batch batch) override {
    std::move(batch).discard("discard");
    return {};
  }
};

}  // namespace sluice::flow
