// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/http_refusal.hpp"

#include "sluice/net/authority.hpp"
#include "sluice/safe_text.hpp"

namespace sluice::net {
namespace {

constexpr size_t most_shown = 200;

std::string shown_target(std::string_view location) {
  const size_t end = location.find_first_of("?#");
  const std::string shown = safe_text(without_user_info(location.substr(0, end)), most_shown);
  return end == std::string_view::npos ? shown : shown + "?...";
}

}  // namespace

std::string refusal_text(const HttpHead& head, std::string_view body, std::string_view schemes, StatusAdvice advice) {
  std::string text = "HTTP " + head.status_text();
  const std::string_view location = head.first("location");
  if (head.status >= 300 && head.status < 400 && !location.empty()) {
    text += "; it redirects to " + shown_target(location) +
            ", and redirects are not followed: if the server is there, write that as url, with " + std::string(schemes);
  } else if (const std::string_view what = advice == nullptr ? std::string_view{} : advice(head.status);
             !what.empty()) {
    text += "; " + std::string(what);
  }
  const std::string reason = body_text(head, body);
  return reason.empty() ? text : text + " (" + reason + ")";
}

}  // namespace sluice::net
