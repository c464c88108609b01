// SPDX-License-Identifier: Apache-2.0
#include "other_writers.hpp"

#include <utility>

namespace sluice::kafka {

OtherWriters::OtherWriters(Context context, const Settings& settings)
    : context_(context),
      topic_(settings.topic),
      lock_(settings.lock),
      foreign_(context.counter("foreign_records_total",
                               "Records of other producers between those of this node, in the same partition.")) {}

void OtherWriters::out_of_step(size_t partition, int64_t offset) {
  constexpr int64_t unknown = -1;
  if (partition >= next_.size()) next_.resize(partition + 1, unknown);
  const int64_t expected = std::exchange(next_[partition], offset < 0 ? unknown : offset + 1);
  // A topic that was made again begins anew.
  if (expected < 0 || offset < expected) return;
  foreign_.add(offset - expected);
  if (std::exchange(is_reported_, true)) return;
  const std::string others = std::to_string(offset - expected);
  const std::string where = "topic \"" + topic_ + "\", partition " + std::to_string(partition) + ", offset " +
                            std::to_string(expected) + ": ";
  if (lock_.empty()) {
    context_.warn(where + others +
                  " records are of another producer. If a second process runs this graph, each event is stored twice: "
                  "stop one of them, or give both a `lock`");
  } else {
    context_.warn(where + others + " records are of another producer, although this process has lock \"" + lock_ +
                  "\": a process that lost the lock sent them late, or a process without the lock writes");
  }
}

}  // namespace sluice::kafka
