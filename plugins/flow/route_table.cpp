// SPDX-License-Identifier: Apache-2.0
#include "route_table.hpp"

namespace sluice::flow {
namespace {
// Up to here comparing one after the other beats hashing.
constexpr size_t few_most = 12;
}  // namespace

void RouteTable::add(std::string_view value, uint8_t lane) {
  if (few_.size() < few_most && many_.empty()) {
    few_.push_back({std::string(value), lane});
    return;
  }
  for (const Entry& entry : few_) many_.emplace(entry.value, entry.lane);
  few_.clear();
  many_.emplace(std::string(value), lane);
}

uint8_t RouteTable::find(std::string_view value) const {
  for (const Entry& entry : few_) {
    if (entry.value == value) return entry.lane;
  }
  if (many_.empty()) return otherwise_;
  const auto found = many_.find(value);
  return found == many_.end() ? otherwise_ : found->second;
}

}  // namespace sluice::flow
