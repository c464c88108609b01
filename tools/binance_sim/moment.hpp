// SPDX-License-Identifier: Apache-2.0
// `[every:]N[:argument]`, as options write down where a fault strikes.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "read_number.hpp"

namespace sluice::sim {

struct Moment {
  std::uint64_t at = 0;  // above 0
  bool every = false;
  std::optional<std::string_view> argument;
};

inline std::optional<Moment> read_moment(std::string_view text) {
  constexpr std::string_view every = "every:";
  Moment moment;
  moment.every = text.substr(0, every.size()) == every;
  if (moment.every) text.remove_prefix(every.size());
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos) moment.argument = text.substr(colon + 1);
  if (!read_number(text.substr(0, colon), moment.at) || moment.at == 0) return std::nullopt;
  return moment;
}

}  // namespace sluice::sim
