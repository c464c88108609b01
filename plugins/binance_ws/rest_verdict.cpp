// SPDX-License-Identifier: Apache-2.0
#include "rest_verdict.hpp"

#include <algorithm>
#include <array>

#include "repair_rows.hpp"

namespace sluice::binance {
namespace {

constexpr int64_t second_ns = 1'000'000'000;

/// Error codes of the exchange that are about its own state and not about the request.
constexpr std::array<int64_t, 8> passing_codes{-1000, -1001, -1003, -1006, -1007, -1008, -1015, -1016};

RestVerdict bad_request(const net::HttpAnswer& answer) {
  const std::optional<RestError> error = read_rest_error(answer.body);
  const bool passes =
      !error || std::find(passing_codes.begin(), passing_codes.end(), error->code) != passing_codes.end();
  // Without the exchange's own words, it may be anybody on the way who answered.
  if (passes) return {RestVerdict::Kind::later, answer.refusal(&rest_advice), 0};
  return {RestVerdict::Kind::never,
          "the exchange refuses the request with HTTP 400, code " + std::to_string(error->code) + ": " + error->text,
          0};
}

RestVerdict not_served(const std::string& place, std::string_view path) {
  std::string why = place + " does not serve " + std::string(path) + " (HTTP 404); ";
  why += rest_advice(404);
  if (path == "/api/v3/historicalTrades") why += " data-api.binance.vision does not have historicalTrades";
  return {RestVerdict::Kind::doubt, std::move(why), 0};
}

/// What to wait at least where the exchange does not say: it bans those who do not.
RestVerdict held(RestVerdict::Kind kind, const net::HttpAnswer& answer, int64_t usual_wait_ns) {
  return {kind, answer.refusal(&rest_advice), answer.retry_after_ns > 0 ? answer.retry_after_ns : usual_wait_ns};
}

}  // namespace

std::string_view rest_advice(int status) {
  switch (status) {
    case 403:
      return "a firewall of the exchange refuses this client for a time";
    case 404:
      return "does repair.rest lead to the exchange's REST interface?";
    case 418:
      return "this address is banned for a time, for asking too often";
    case 429:
      return "this address asks too often";
    case 451:
      return "the exchange does not serve this place";
    default:
      return {};
  }
}

RestVerdict judge(const net::HttpAnswer& answer, std::string_view path) {
  if (answer.is_success()) return {RestVerdict::Kind::rows, {}, 0};
  switch (answer.head.status) {
    case 400:
      return bad_request(answer);
    case 403:
      return held(RestVerdict::Kind::too_many, answer, 60 * second_ns);
    case 404:
      return not_served(answer.place, path);
    case 418:
      return held(RestVerdict::Kind::too_many, answer, 120 * second_ns);
    case 429:
      return held(RestVerdict::Kind::too_many, answer, 60 * second_ns);
    case 451:
      return {RestVerdict::Kind::never, std::string(rest_advice(451)) + " (HTTP 451)", 0};
    default:
      return held(RestVerdict::Kind::later, answer, 0);
  }
}

}  // namespace sluice::binance
