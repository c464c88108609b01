// SPDX-License-Identifier: Apache-2.0
#include "output.hpp"

namespace sluice::kafka {

Result<std::unique_ptr<Output>> Output::open(Context, Config config) {
  Result<Settings> settings = read_settings(config);
  if (!settings) return settings.error();
  return std::make_unique<Output>();
}

Result<Poll> Output::poll(const Credit&, int64_t) { return Poll::ended; }

}  // namespace sluice::kafka
