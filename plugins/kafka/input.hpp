// SPDX-License-Identifier: Apache-2.0
// The input half of the relay: writes records to the topic and settles them by the cluster's acknowledgement.
#pragma once
#include <memory>

#include "settings.hpp"
#include "sluice/node.hpp"

namespace sluice::kafka {

class Input : public Sink {
 public:
  static Result<std::unique_ptr<Input>> open(Context context, Config config);
  Result<void> write(Batch batch) override;
};

}  // namespace sluice::kafka
