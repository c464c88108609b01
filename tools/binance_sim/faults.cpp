// SPDX-License-Identifier: Apache-2.0
#include "faults.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "frames.hpp"
#include "moment.hpp"
#include "stream_faults.hpp"

namespace sluice::sim {
namespace {

constexpr std::string_view names[] = {"text", "truncated", "utf8", "junk", "fields", "types", "stream"};

bool read_argument(std::string_view text, Fault& fault) {
  switch (fault.kind) {
    case FaultKind::close:
      return read_number(text, fault.close_code) && fault.close_code >= 1000 && fault.close_code <= 4999;
    case FaultKind::stall:
    case FaultKind::shutdown: {
      double seconds = 0;
      if (!read_number(text, seconds) || seconds < 0) return false;
      fault.seconds = seconds;
      return true;
    }
    case FaultKind::malformed: {
      if (text == "all") return true;
      const auto found = std::find(std::begin(names), std::end(names), text);
      if (found == std::end(names)) return false;
      fault.malformed = static_cast<Malformed>(found - std::begin(names));
      return true;
    }
    case FaultKind::silence: {
      const std::size_t colon = text.find(':');
      fault.stream = std::string(text.substr(0, colon));
      if (!is_stream(fault.stream)) return false;
      if (colon == std::string_view::npos) return true;
      double seconds = 0;
      if (!read_number(text.substr(colon + 1), seconds) || seconds < 0) return false;
      fault.seconds = seconds;
      return true;
    }
    case FaultKind::cut:
    case FaultKind::truncate:
      break;
  }
  return false;
}

std::string_view argument_form(FaultKind kind) {
  switch (kind) {
    case FaultKind::close:
      return "[HOST/][every:]N[:close code 1000..4999]";
    case FaultKind::stall:
    case FaultKind::shutdown:
      return "[HOST/][every:]N[:seconds]";
    case FaultKind::silence:
      return "[HOST/][every:]N:STREAM[:seconds]";
    case FaultKind::malformed:
      return "[HOST/][every:]N[:all|text|truncated|utf8|junk|fields|types|stream]";
    case FaultKind::cut:
    case FaultKind::truncate:
      break;
  }
  return "[HOST/][every:]N";
}

// Takes `2/` off the front.
bool read_host(std::string_view& text, unsigned& host) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return true;
  const bool good = read_number(text.substr(0, slash), host) && host > 0;
  text.remove_prefix(slash + 1);
  return good;
}

}  // namespace

Outcome<Fault> parse_fault(FaultKind kind, std::string_view option, std::string_view text) {
  Fault fault;
  fault.kind = kind;
  std::string_view rest = text;
  if (const auto moment = read_host(rest, fault.host) ? read_moment(rest) : std::nullopt) {
    fault.frames = moment->at;
    fault.every = moment->every;
    if (moment->argument ? read_argument(*moment->argument, fault) : kind != FaultKind::silence) return fault;
  }
  return Failure{exit_usage, fmt::format("{} {}: expected {}, N being a number of frames above 0, and HOST the number "
                                         "of a host, 1 being the first",
                                         option, text, argument_form(kind))};
}

std::string_view malformed_name(Malformed kind) { return names[static_cast<std::size_t>(kind)]; }

std::string malformed_frame(Malformed kind, std::uint64_t count) {
  switch (kind) {
    case Malformed::text:
      return make_frame(Opcode::text, fmt::format("this is no JSON ({})", count));
    case Malformed::truncated:
      return make_frame(Opcode::text, R"({"stream":"btcusdt@trade","data":{"e":"trade","E":1723161601438,"s":"BTCUS)");
    case Malformed::utf8:
      return make_frame(Opcode::text,
                        "{\"stream\":\"btcusdt@trade\",\"data\":{\"e\":\"trade\",\"s\":\"\xff\xc0\x80\"}}");
    case Malformed::junk:
      return make_frame(Opcode::text, std::string(1 << 20, 'x'));
    case Malformed::fields:
      return make_frame(Opcode::text,
                        R"({"stream":"btcusdt@trade","data":{"e":"trade","E":1723161601438,"s":"BTCUSDT"}})");
    case Malformed::types:
      return make_frame(Opcode::text,
                        R"({"stream":"btcusdt@trade","data":{"e":"trade","E":"soon","s":"BTCUSDT","t":"one",)"
                        R"("p":61685.99,"q":null,"T":true,"m":"no","M":[]}})");
    case Malformed::stream:
      return make_frame(Opcode::text,
                        R"({"stream":"nobody@asked","data":{"e":"asked","E":1723161601438,"s":"NOBODY"}})");
  }
  return {};
}

std::uint64_t FaultPlan::next_after(std::uint64_t frames, unsigned host) const {
  std::uint64_t next = std::numeric_limits<std::uint64_t>::max();
  for (const Fault& fault : faults_) {
    if (!fault.is_at(host)) continue;
    if (fault.every) {
      next = std::min(next, (frames / fault.frames + 1) * fault.frames);
    } else if (fault.frames > frames) {
      next = std::min(next, fault.frames);
    }
  }
  return next;
}

std::vector<Fault> FaultPlan::at(std::uint64_t frames, unsigned host) const {
  std::vector<Fault> striking;
  for (const Fault& fault : faults_)
    if (fault.is_at(host) && (fault.every ? frames > 0 && frames % fault.frames == 0 : frames == fault.frames))
      striking.push_back(fault);
  return striking;
}

}  // namespace sluice::sim
