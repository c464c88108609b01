// SPDX-License-Identifier: Apache-2.0
#include "subscriptions.hpp"

#include <algorithm>

namespace sluice::sim {

bool Subscriptions::add(const std::string& name) {
  if (std::find(names_.begin(), names_.end(), name) != names_.end()) return true;
  if (names_.size() >= most) return false;
  names_.push_back(name);
  mark(name, true);
  return true;
}

void Subscriptions::remove(std::string_view name) {
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found == names_.end()) return;
  names_.erase(found);
  mark(name, false);
}

void Subscriptions::refresh() {
  wanted_.streams.resize(known_.size());
  for (const std::string& name : names_) mark(name, true);
}

void Subscriptions::mark(std::string_view name, bool wanted) {
  const int index = known_.find(name);
  if (index < 0) return;
  wanted_.streams.resize(known_.size());
  wanted_.streams[static_cast<std::size_t>(index)] = wanted ? 1 : 0;
}

}  // namespace sluice::sim
