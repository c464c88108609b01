// SPDX-License-Identifier: Apache-2.0
// The exchange's requests over the socket: SUBSCRIBE, UNSUBSCRIBE, LIST_SUBSCRIPTIONS, SET_PROPERTY, GET_PROPERTY.
// Guarantees the replies and the nested errors of the exchange, and that a refused request changes nothing.
// Knows no socket; what is longer than the exchange reads gets no answer at all, as there.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "subscriptions.hpp"

namespace sluice::sim {

inline constexpr std::size_t longest_request = 4096;

// The reply's payload; nothing where the exchange stays silent.
std::optional<std::string> answer_request(std::string_view request, Subscriptions& subscriptions);

}  // namespace sluice::sim
