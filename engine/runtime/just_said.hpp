// SPDX-License-Identifier: Apache-2.0
// What the nodes of a name have said within the last second, so that both halves of a relay, which see the same fault,
// log it once. A status that another one of its name followed counts as said no more. Only for what plugins say: what
// the host says of records is never left out. Any thread.
#pragma once
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>

namespace sluice::engine {

class JustSaid {
 public:
  enum class Kind { sentence, status };
  /// Whether this was said just now; if not, it is from here on.
  bool was(std::string_view node, Kind kind, std::string_view line, int64_t now_ns);

 private:
  struct Said {
    std::string node;
    Kind kind;
    std::string line;
    int64_t at_ns;
  };
  std::mutex mutex_;
  std::deque<Said> said_;  ///< guarded by mutex_; the oldest first
};

}  // namespace sluice::engine
