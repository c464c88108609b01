// SPDX-License-Identifier: Apache-2.0
#include "runtime/line_limiter.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sluice::engine {
namespace {

constexpr size_t longest_shape = 120;

std::string shape_of(std::string_view text) {
  std::string shape;
  for (const char c : text) {
    if (c >= '0' && c <= '9') continue;
    if (shape.size() == longest_shape) break;
    shape += c;
  }
  return shape;
}

}  // namespace

LineLimiter::Kind& LineLimiter::kind_of(std::string_view text, int64_t now_ns) {
  std::string shape = shape_of(text);
  const auto found = std::find_if(kinds_.begin(), kinds_.end(), [&](const Kind& kind) { return kind.shape == shape; });
  if (found != kinds_.end()) return *found;
  // The last one stands for all that there is no place for.
  if (kinds_.size() == most_kinds) return kinds_.back();
  return kinds_.emplace_back(Kind{.shape = std::move(shape), .minute_ends_ns = now_ns + minute_ns});
}

std::vector<LineLimiter::Line> LineLimiter::said(uint32_t level, std::string_view text, int64_t now_ns) {
  std::vector<Line> lines = rest(now_ns);
  const std::lock_guard lock(mutex_);
  Kind& kind = kind_of(text, now_ns);
  if (kind.logged < most_alike) {
    ++kind.logged;
    lines.push_back({level, std::string(text)});
  } else {
    ++kind.unlogged;
    kind.last = {level, std::string(text)};
  }
  return lines;
}

std::vector<LineLimiter::Line> LineLimiter::rest(int64_t now_ns) {
  std::vector<Line> lines;
  const std::lock_guard lock(mutex_);
  for (const Kind& kind : kinds_) {
    if (now_ns < kind.minute_ends_ns || kind.unlogged == 0) continue;
    const uint64_t before = kind.unlogged - 1;
    const std::string count = before == 0 ? ""
                                          : fmt::format(" ({} line{} like it before it {} not logged)", before,
                                                        before == 1 ? "" : "s", before == 1 ? "was" : "were");
    lines.push_back({kind.last.level, kind.last.text + count});
  }
  std::erase_if(kinds_, [&](const Kind& kind) { return now_ns >= kind.minute_ends_ns; });
  return lines;
}

}  // namespace sluice::engine
