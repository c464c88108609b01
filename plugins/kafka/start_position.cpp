// SPDX-License-Identifier: Apache-2.0
#include "start_position.hpp"

namespace sluice::kafka {
namespace {

std::string place(const Settings& settings, int32_t partition) {
  return "partition " + std::to_string(partition) + " of topic \"" + settings.topic + "\"";
}

std::string kept(const Offsets& offsets) {
  if (offsets.begin == offsets.end) return "it holds no records, and the next one gets " + std::to_string(offsets.end);
  return "it holds " + std::to_string(offsets.begin) + " to " + std::to_string(offsets.end - 1);
}

/// What is the matter with an offset outside of what is kept.
std::string trouble(const Settings& settings, int32_t partition, const Offsets& offsets) {
  const std::string wanted = std::to_string(*offsets.wanted);
  const std::string head = place(settings, partition) + ": group \"" + settings.group + "\" stands at offset " +
                           wanted + ", but " + kept(offsets);
  if (*offsets.wanted < offsets.begin) {
    return head + ": " + std::to_string(offsets.begin - *offsets.wanted) +
           " offsets were deleted before they were read (retention)";
  }
  return head + ": the topic was recreated, or it lost records";
}

}  // namespace

Result<StartPosition> start_position(const Settings& settings, int32_t partition, const Offsets& offsets) {
  if (!offsets.wanted) {
    if (settings.start == Start::earliest) return StartPosition{offsets.begin};
    if (offsets.came_later) return StartPosition{offsets.begin, {}, true};
    return StartPosition{offsets.end, {}, true, offsets.end - offsets.begin};
  }
  if (*offsets.wanted >= offsets.begin && *offsets.wanted <= offsets.end) return StartPosition{*offsets.wanted};
  const std::string sentence = trouble(settings, partition, offsets);
  switch (settings.expired) {
    case Expired::earliest:
      return StartPosition{offsets.begin,
                           sentence + "; expired: earliest, so it goes on at " + std::to_string(offsets.begin)};
    case Expired::latest:
      return StartPosition{offsets.end,
                           sentence + "; expired: latest, so it goes on at " + std::to_string(offsets.end)};
    case Expired::error:
      break;
  }
  return operator_needed(sentence +
                             ". Say `expired: earliest` or `expired: latest` to go on there, or set the group's "
                             "offsets with kafka-consumer-groups --reset-offsets while it is stopped",
                         SLUICE_POSITION_GONE);
}

}  // namespace sluice::kafka
