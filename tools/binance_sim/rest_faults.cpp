// SPDX-License-Identifier: Apache-2.0
#include "rest_faults.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "moment.hpp"

namespace sluice::sim {
namespace {

constexpr std::string_view garbage_names[] = {"text", "truncated", "fields", "types", "junk"};

bool read_refusal(std::string_view text, RestFault& fault) {
  const std::size_t colon = text.find(':');
  if (!read_number(text.substr(0, colon), fault.status) || fault.status < 400 || fault.status > 599) return false;
  return colon == std::string_view::npos ||
         (read_number(text.substr(colon + 1), fault.seconds) && fault.seconds >= 0 && fault.seconds <= 1e6);
}

bool read_argument(std::string_view text, RestFault& fault) {
  switch (fault.kind) {
    case RestFaultKind::refuse:
      return read_refusal(text, fault);
    case RestFaultKind::delay:
      return read_number(text, fault.seconds) && fault.seconds >= 0 && fault.seconds <= 1e6;
    case RestFaultKind::cut: {
      std::uint64_t bytes = 0;
      if (!read_number(text, bytes)) return false;
      fault.bytes = bytes;
      return true;
    }
    case RestFaultKind::garbage: {
      const auto found = std::find(std::begin(garbage_names), std::end(garbage_names), text);
      if (found == std::end(garbage_names)) return false;
      fault.garbage = static_cast<Garbage>(found - std::begin(garbage_names));
      return true;
    }
    case RestFaultKind::shift:
      return read_number(text, fault.rows);
  }
  return false;
}

std::string_view argument_form(RestFaultKind kind) {
  switch (kind) {
    case RestFaultKind::refuse:
      return "[:status 400..599[:seconds]]";
    case RestFaultKind::delay:
      return "[:seconds]";
    case RestFaultKind::cut:
      return "[:bytes]";
    case RestFaultKind::garbage:
      return "[:text|truncated|fields|types|junk]";
    case RestFaultKind::shift:
      break;
  }
  return "[:rows]";
}

}  // namespace

Outcome<RestFault> parse_rest_fault(RestFaultKind kind, std::string_view option, std::string_view text) {
  RestFault fault;
  fault.kind = kind;
  if (const std::optional<Moment> moment = read_moment(text)) {
    fault.request = moment->at;
    fault.every = moment->every;
    if (!moment->argument || read_argument(*moment->argument, fault)) return fault;
  }
  return Failure{exit_usage, fmt::format("{} {}: expected [every:]N{}, N being a number of requests above 0", option,
                                         text, argument_form(kind))};
}

std::string garbage_body(Garbage garbage, std::string_view right) {
  switch (garbage) {
    case Garbage::text:
      return "<html><body>502 Bad Gateway</body></html>";
    case Garbage::truncated:
      return std::string(right.substr(0, right.size() / 2));
    case Garbage::fields:
      return R"([{"isBestMatch":true,"M":true}])";
    case Garbage::types:
      return R"([{"id":"one","price":4.5,"qty":null,"quoteQty":[],"time":"soon","isBuyerMaker":"no","isBestMatch":1,)"
             R"("a":"one","p":4.5,"q":null,"f":true,"l":{},"T":"soon","m":"no","M":1}])";
    case Garbage::junk:
      return std::string(1 << 20, 'x');
  }
  return {};
}

const RestFault* RestFaultPlan::at(std::uint64_t request, RestFaultKind kind) const {
  const auto found = std::find_if(faults_.begin(), faults_.end(), [&](const RestFault& fault) {
    return fault.kind == kind && (fault.every ? request % fault.request == 0 : request == fault.request);
  });
  return found == faults_.end() ? nullptr : &*found;
}

}  // namespace sluice::sim
