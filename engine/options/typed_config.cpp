// SPDX-License-Identifier: Apache-2.0
#include "options/typed_config.hpp"

#include "sluice/text.hpp"

namespace sluice::engine {

TypedConfig::TypedConfig() : storage_(std::make_unique<Storage>()) {
  storage_->root.struct_size = sizeof(sluice_config);
  storage_->root.kind = SLUICE_OBJECT;
}

sluice_str TypedConfig::keep(std::string_view text) { return to_str(storage_->texts.emplace_back(text)); }

sluice_config* TypedConfig::new_items(size_t count) {
  sluice_config blank{};
  blank.struct_size = sizeof blank;
  return storage_->items.emplace_back(count, blank).data();
}

}  // namespace sluice::engine
