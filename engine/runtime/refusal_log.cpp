// SPDX-License-Identifier: Apache-2.0
#include "runtime/refusal_log.hpp"

#include <fmt/format.h>

namespace sluice::engine {
namespace {

std::string count_of(uint64_t records) { return fmt::format("{} record{}", records, records == 1 ? "" : "s"); }

}  // namespace

std::vector<std::string> RefusalLog::refused(uint64_t records, std::string_view reason, std::string_view to,
                                             const std::function<std::string()>& begin, int64_t now_ns) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> lines;
  if (now_ns >= minute_ends_ns_) {
    if (auto rest = take_rest()) lines.push_back(std::move(*rest));
    minute_ends_ns_ = now_ns + minute_ns;
    named_ = 0;
  }
  if (named_ == most_named) {
    unnamed_ += records;
    return lines;
  }
  ++named_;
  lines.push_back(fmt::format("refused {}, which {} to \"{}\": {}; {} {}{}", count_of(records),
                              records == 1 ? "goes" : "go", to, reason, records == 1 ? "it" : "the first", begin(),
                              named_ == most_named ? "; further ones of this minute are only counted" : ""));
  return lines;
}

std::optional<std::string> RefusalLog::rest(int64_t now_ns) {
  const std::lock_guard lock(mutex_);
  if (now_ns < minute_ends_ns_) return std::nullopt;
  return take_rest();
}

std::optional<std::string> RefusalLog::take_rest() {
  if (unnamed_ == 0) return std::nullopt;
  std::string line = fmt::format("refused {} more in that minute", count_of(unnamed_));
  unnamed_ = 0;
  return line;
}

}  // namespace sluice::engine
