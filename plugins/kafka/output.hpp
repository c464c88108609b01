// SPDX-License-Identifier: Apache-2.0
// The output half of the relay: reads the topic as a member of a consumer group.
#pragma once
#include <memory>

#include "settings.hpp"
#include "sluice/node.hpp"

namespace sluice::kafka {

class Output : public Source {
 public:
  static Result<std::unique_ptr<Output>> open(Context context, Config config);
  Result<Poll> poll(const Credit& credit, int64_t monotonic_deadline_ns) override;
  void wake() override {}
};

}  // namespace sluice::kafka
