// SPDX-License-Identifier: Apache-2.0
// Where a record came from, for sentences about it: the attributes topic, partition and offset, as far as the graph
// carries them. Header only.
#pragma once
#include <string>
#include <string_view>

#include "sluice/batch.hpp"
#include "sluice/context.hpp"
#include "sluice/safe_text.hpp"

namespace sluice {
inline namespace v1 {
namespace columns {

class Origin {
 public:
  explicit Origin(const Context& context)
      : topic_(context.attribute("topic")),
        partition_(context.attribute("partition")),
        offset_(context.attribute("offset")) {}
  /// " (topic binance.trades, partition 0, offset 12)", or empty.
  std::string words(const Record& record) const {
    std::string text;
    const auto add = [&](std::string_view what, std::string_view value) {
      text += (text.empty() ? " (" : ", ") + std::string(what) + std::string(value);
    };
    const std::string_view name = record.text(topic_);
    if (!name.empty()) add("topic ", safe_text(name));
    if (const auto number = record.integer(partition_)) add("partition ", std::to_string(*number));
    if (const auto number = record.integer(offset_)) add("offset ", std::to_string(*number));
    return text.empty() ? text : text + ")";
  }

 private:
  int32_t topic_, partition_, offset_;  ///< slots; -1 where nobody carries them
};

}  // namespace columns
}  // namespace v1
}  // namespace sluice
