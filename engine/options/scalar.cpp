// SPDX-License-Identifier: Apache-2.0
#include "options/scalar.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "graph/secret_words.hpp"
#include "graph/units.hpp"

namespace sluice::engine {
namespace {

ParseProblem not_a(const sluice_option& option, std::string_view text, const std::string& remedy) {
  return {Code::wrong_type, quoted(text) + " is not " + std::string(kind_words(option.kind)) + "; write " + remedy};
}

ParseProblem outside(const sluice_option& option, std::string_view text) {
  return {Code::out_of_range, quoted(text) + " is out of range; it must be " + bounds_words(option)};
}

template <typename T>
Parsed<Scalar> bounded(const sluice_option& option, std::string_view text, const Parsed<T>& parsed) {
  if (!parsed) return parsed.problem();
  const auto value = static_cast<int64_t>(*parsed);
  if (has_bounds(option) && (value < option.least || value > option.most)) return outside(option, text);
  return Scalar{value, static_cast<double>(value)};
}

Parsed<Scalar> read_integer(const sluice_option& option, std::string_view text) {
  int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, failed] = std::from_chars(text.data(), end, value);
  if (failed == std::errc::result_out_of_range && rest == end) {
    return ParseProblem{Code::out_of_range, quoted(text) + " does not fit into 64 bits"};
  }
  if (const std::string commas = comma_sentence(text); !commas.empty()) return ParseProblem{Code::bad_unit, commas};
  if (failed != std::errc{} || rest != end) return not_a(option, text, "digits only, such as 42");
  return bounded(option, text, Parsed<int64_t>(value));
}

Parsed<Scalar> read_real(const sluice_option& option, std::string_view text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, failed] = std::from_chars(text.data(), end, value);
  if (failed != std::errc{} || rest != end || !std::isfinite(value)) return not_a(option, text, "one such as 0.5");
  // The widest bounds mean none; as a double they would still be one.
  const bool low = has_bounds(option) && option.least != std::numeric_limits<int64_t>::min();
  const bool high = has_bounds(option) && option.most != std::numeric_limits<int64_t>::max();
  if ((low && value < static_cast<double>(option.least)) || (high && value > static_cast<double>(option.most))) {
    return outside(option, text);
  }
  Scalar scalar;
  scalar.real = value;
  constexpr double integers_end = 9.2e18;
  if (std::fabs(value) < integers_end) scalar.integer = static_cast<int64_t>(value);
  return scalar;
}

Parsed<Scalar> read_boolean(const sluice_option& option, std::string_view text) {
  if (text == "true") return Scalar{1, 1};
  if (text == "false") return Scalar{0, 0};
  return ParseProblem{Code::wrong_type, quoted(text) + " is not " + std::string(kind_words(option.kind)) +
                                            "; write one of these two words"};
}

Parsed<Scalar> read_choice(const sluice_option& option, std::string_view text) {
  for (uint64_t i = 0; i < option.choice_count; ++i) {
    if (to_view(option.choices[i]) == text) return Scalar{static_cast<int64_t>(i), 0};
  }
  return ParseProblem{Code::unknown_word, quoted(text) + " is not one of " + joined(choice_names(option))};
}

}  // namespace

Parsed<Scalar> read_scalar(const sluice_option& option, std::string_view text) {
  switch (option.kind) {
    case SLUICE_TEXT:
      return Scalar{};
    case SLUICE_INTEGER:
      return read_integer(option, text);
    case SLUICE_REAL:
      return read_real(option, text);
    case SLUICE_BOOLEAN:
      return read_boolean(option, text);
    case SLUICE_DURATION:
      return bounded(option, text, parse_duration(text));
    case SLUICE_SIZE:
      return bounded(option, text, parse_size(text));
    case SLUICE_COUNT:
      return bounded(option, text, parse_count(text));
    case SLUICE_CHOICE:
      return read_choice(option, text);
    case SLUICE_ATTRIBUTE:
      if (text.empty()) return not_a(option, text, "the attribute's name");
      return Scalar{};
    default:
      return ParseProblem{Code::bad_option, "the option is of a kind that this sluice does not know"};
  }
}

}  // namespace sluice::engine
