// SPDX-License-Identifier: Apache-2.0
// What an HTTP answer says that is not the one that was asked for: its status, what to do about it, and the begin of
// its body. Of a redirect the target is named without user name, password and query, as these may be secrets. Pure.
#pragma once
#include <string>
#include <string_view>

#include "sluice/net/http_head.hpp"

namespace sluice::net {

/// What to do about an HTTP status, for the end of a sentence; may be empty.
using StatusAdvice = std::string_view (*)(int status);

/// `HTTP 503 Service Unavailable (try again later)`. `schemes`: with which ones a url is written.
std::string refusal_text(const HttpHead& head, std::string_view body, std::string_view schemes,
                         StatusAdvice advice = nullptr);

}  // namespace sluice::net
