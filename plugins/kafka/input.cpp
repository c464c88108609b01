// SPDX-License-Identifier: Apache-2.0
#include "input.hpp"

namespace sluice::kafka {

Result<std::unique_ptr<Input>> Input::open(Context, Config config) {
  Result<Settings> settings = read_settings(config);
  if (!settings) return settings.error();
  return std::make_unique<Input>();
}

Result<void> Input::write(Batch batch) {
  std::move(batch).fail(bug("not there yet"));
  return {};
}

}  // namespace sluice::kafka
