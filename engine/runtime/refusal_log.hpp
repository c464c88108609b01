// SPDX-License-Identifier: Apache-2.0
// What the log says of records that a node refuses: the first few of each minute with their reasons and how they begin,
// then how many more there were. So a table that takes nothing shows in the log at once, and does not fill it. Any
// thread.
#pragma once
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::engine {

class RefusalLog {
 public:
  static constexpr uint32_t most_named = 5;
  static constexpr int64_t minute_ns = 60'000'000'000;

  /// Lines to log for records that were refused now; `to` is the node that takes them instead, `begin` says how the
  /// first of them begins ("begins with ...") and is called only when it is named.
  std::vector<std::string> refused(uint64_t records, std::string_view reason, std::string_view to,
                                   const std::function<std::string()>& begin, int64_t now_ns);
  /// A line for those that were not named, when their minute is over.
  std::optional<std::string> rest(int64_t now_ns);

 private:
  std::optional<std::string> take_rest();

  std::mutex mutex_;
  int64_t minute_ends_ns_ = 0;
  uint32_t named_ = 0;
  uint64_t unnamed_ = 0;
};

}  // namespace sluice::engine
