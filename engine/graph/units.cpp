// SPDX-License-Identifier: Apache-2.0
#include "units.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <span>

#include "secret_words.hpp"

namespace sluice::engine {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// From the largest to the smallest, as the rendering tries them.
constexpr auto duration_units = std::to_array<Unit>({{"d", 86'400'000'000'000},
                                                     {"h", 3'600'000'000'000},
                                                     {"m", 60'000'000'000},
                                                     {"s", 1'000'000'000},
                                                     {"ms", 1'000'000},
                                                     {"us", 1'000},
                                                     {"ns", 1}});
constexpr auto size_units = std::to_array<Unit>({{"TiB", 1ULL << 40U},
                                                 {"GiB", 1ULL << 30U},
                                                 {"MiB", 1ULL << 20U},
                                                 {"KiB", 1ULL << 10U},
                                                 {"TB", 1'000'000'000'000},
                                                 {"GB", 1'000'000'000},
                                                 {"MB", 1'000'000},
                                                 {"KB", 1'000},
                                                 {"B", 1}});
constexpr auto count_units = std::to_array<Unit>({{"G", 1'000'000'000}, {"M", 1'000'000}, {"k", 1'000}, {"", 1}});

struct Kind {
  std::string_view what;      // a duration
  std::string_view accepted;  // what to write instead
  std::span<const Unit> units;
  std::uint64_t largest;
};

constexpr std::uint64_t largest_signed = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
constexpr Kind duration_kind{"a duration", "a whole number and ns, us, ms, s, m, h or d, such as 250ms, 2s or 7d",
                             duration_units, largest_signed};
constexpr Kind size_kind{"a size", "a whole number and B, KB, MB, GB, KiB, MiB or GiB, such as 64KiB or 256MiB",
                         size_units, largest_signed};
constexpr Kind count_kind{"a count", "a whole number, or one with k or M, such as 500, 500k or 1M", count_units,
                          largest_signed};

ParseProblem refused(const Kind& kind, std::string_view text) {
  if (const std::string commas = comma_sentence(text); !commas.empty()) return {Code::bad_unit, commas};
  return {Code::bad_unit,
          quoted(text, 40) + " is not " + std::string(kind.what) + "; write " + std::string(kind.accepted)};
}

ParseProblem too_large(const Kind& kind, std::string_view text) {
  return {Code::out_of_range, quoted(text, 40) + " is too large for " + std::string(kind.what)};
}

Parsed<std::uint64_t> parse(const Kind& kind, std::string_view text) {
  if (text.starts_with('-') && text.size() > 1 && text[1] >= '0' && text[1] <= '9') {
    return ParseProblem{Code::out_of_range, quoted(text, 40) + " is negative; write " + std::string(kind.accepted)};
  }
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc::result_out_of_range) return too_large(kind, text);
  if (error != std::errc{}) return refused(kind, text);
  const std::string_view name(rest, static_cast<std::size_t>(end - rest));
  for (const Unit& unit : kind.units) {
    if (unit.name == name) {
      if (number > kind.largest / unit.factor) return too_large(kind, text);
      return number * unit.factor;
    }
  }
  return refused(kind, text);
}

// In the unit that takes the smallest number.
std::string exact_text(std::span<const Unit> units, std::uint64_t value, std::string_view zero) {
  if (value == 0) return std::string(zero);
  const Unit* best = &units.back();
  for (const Unit& unit : units) {
    if (value % unit.factor == 0 && unit.factor > best->factor) best = &unit;
  }
  return std::to_string(value / best->factor) + std::string(best->name);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::string comma_sentence(std::string_view text) {
  std::string digits;
  std::size_t group = 0;
  std::size_t commas = 0;
  std::size_t at = 0;
  for (; at < text.size() && (is_digit(text[at]) || (text[at] == ',' && group > 0)); ++at) {
    if (text[at] == ',') {
      if (++commas > 1 && group != 3) return {};
      group = 0;
    } else {
      digits += text[at];
      if (++group > 3) return {};
    }
  }
  constexpr std::size_t most_digits = 18;
  if (commas == 0 || group != 3 || digits.size() > most_digits) return {};
  const std::string unit(text.substr(at));
  if (unit.find_first_not_of("kMGBTinsumhd") != std::string::npos) return {};
  const std::string shorter = unit.empty() ? count_text(std::stoull(digits)) : digits + unit;
  return "no commas in numbers: write " + (shorter == digits + unit ? shorter : shorter + " or " + digits) +
         " instead of " + std::string(text);
}

Parsed<std::int64_t> parse_duration(std::string_view text) {
  const Parsed<std::uint64_t> parsed = parse(duration_kind, text);
  if (!parsed) return parsed.problem();
  return static_cast<std::int64_t>(*parsed);
}

Parsed<std::uint64_t> parse_size(std::string_view text) { return parse(size_kind, text); }

Parsed<std::uint64_t> parse_count(std::string_view text) { return parse(count_kind, text); }

std::string duration_text(std::int64_t nanoseconds) {
  if (nanoseconds >= 0) return exact_text(duration_units, static_cast<std::uint64_t>(nanoseconds), "0s");
  return "-" + exact_text(duration_units, 0 - static_cast<std::uint64_t>(nanoseconds), "0s");
}

std::string size_text(std::uint64_t bytes) { return exact_text(size_units, bytes, "0B"); }

std::string count_text(std::uint64_t count) { return exact_text(count_units, count, "0"); }

std::string about_size_text(std::uint64_t bytes) {
  for (const Unit& unit : std::span<const Unit>(size_units).first(4)) {
    if (bytes < unit.factor) continue;
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "%.1f %s", static_cast<double>(bytes) / static_cast<double>(unit.factor),
                  std::string(unit.name).c_str());
    return text.data();
  }
  return std::to_string(bytes) + " B";
}

}  // namespace sluice::engine
