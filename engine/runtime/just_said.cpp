// SPDX-License-Identifier: Apache-2.0
#include "runtime/just_said.hpp"

#include <algorithm>

namespace sluice::engine {
namespace {

constexpr int64_t just_ns = 1'000'000'000;
constexpr size_t most = 32;

}  // namespace

bool JustSaid::was(std::string_view node, Kind kind, std::string_view line, int64_t now_ns) {
  const std::lock_guard lock(mutex_);
  while (!said_.empty() && now_ns - said_.front().at_ns > just_ns) said_.pop_front();
  const auto is_same = [&](const Said& said) { return said.node == node && said.kind == kind && said.line == line; };
  if (std::any_of(said_.begin(), said_.end(), is_same)) return true;
  if (kind == Kind::status) {
    std::erase_if(said_, [&](const Said& said) { return said.node == node && said.kind == kind; });
  }
  said_.push_back({std::string(node), kind, std::string(line), now_ns});
  if (said_.size() > most) said_.pop_front();
  return false;
}

}  // namespace sluice::engine
