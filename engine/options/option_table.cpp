// SPDX-License-Identifier: Apache-2.0
#include "options/option_table.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "graph/units.hpp"

namespace sluice::engine {
namespace {

constexpr unsigned max_depth = 8;
constexpr uint64_t max_options = 10'000;
constexpr uint64_t max_text_bytes = 16'384;

bool readable(const sluice_str& text) {
  return text.size == 0 || (text.data != nullptr && text.size <= max_text_bytes);
}

bool readable(const sluice_option& option) {
  if (option.choice_count > max_options || (option.choice_count != 0 && option.choices == nullptr)) return false;
  for (uint64_t i = 0; i < option.choice_count; ++i) {
    if (!readable(option.choices[i])) return false;
  }
  return readable(option.name) && readable(option.summary) && readable(option.fallback) && readable(option.example);
}

}  // namespace

Result<OptionTable> OptionCopies::copy(const sluice_option* first, uint64_t count, uint64_t stride,
                                       const std::string& what) {
  return copy_level(first, count, stride, what, 0);
}

Result<OptionTable> OptionCopies::copy_level(const void* first, uint64_t count, uint64_t stride,
                                             const std::string& what, unsigned depth) {
  if (count == 0) return OptionTable{};
  copied_ += std::min(count, max_options + 1);
  if (copied_ > max_options) return bug(what + " has more than " + std::to_string(max_options) + " options");
  if (depth > max_depth) return bug(what + " nests its options deeper than " + std::to_string(max_depth) + " levels");
  if (first == nullptr) return bug(what + " announces options but gives no table");
  if (stride < sizeof(sluice_option) || stride % alignof(sluice_option) != 0) {
    return bug(what + " has a wrong option_stride: " + std::to_string(stride) + ", at least " +
               std::to_string(sizeof(sluice_option)) + " is needed");
  }
  std::vector<sluice_option>& table = tables_.emplace_back(count);
  for (uint64_t i = 0; i < count; ++i) {
    sluice_option& option = table[i];
    std::memcpy(&option, static_cast<const unsigned char*>(first) + i * stride, sizeof option);
    if (!readable(option)) return bug(what + ": option number " + std::to_string(i + 1) + " has unreadable texts");
    const std::string inner = what + ", option \"" + std::string(name_of(option)) + "\"";
    Result<OptionTable> fields = copy_level(option.fields, option.field_count, stride, inner, depth + 1);
    if (!fields) return fields;
    option.fields = fields->data();
  }
  return OptionTable(table);
}

bool has_bounds(const sluice_option& option) { return option.least != 0 || option.most != 0; }

std::string_view kind_words(uint32_t kind) {
  switch (kind) {
    case SLUICE_TEXT:
      return "a text";
    case SLUICE_INTEGER:
      return "a whole number";
    case SLUICE_REAL:
      return "a number";
    case SLUICE_BOOLEAN:
      return "true or false";
    case SLUICE_DURATION:
      return "a duration";
    case SLUICE_SIZE:
      return "a size";
    case SLUICE_COUNT:
      return "a count";
    case SLUICE_CHOICE:
      return "a choice";
    case SLUICE_ATTRIBUTE:
      return "the name of an attribute";
    case SLUICE_LIST:
      return "a list";
    case SLUICE_MAP:
      return "a map with keys of your own";
    case SLUICE_OBJECT:
      return "a map";
    default:
      return "of an unknown kind";
  }
}

std::string number_words(const sluice_option& option, int64_t value) {
  const auto positive = static_cast<uint64_t>(std::max<int64_t>(value, 0));
  switch (option.kind) {
    case SLUICE_DURATION:
      return duration_text(value);
    case SLUICE_SIZE:
      return size_text(positive);
    case SLUICE_COUNT:
      return count_text(positive);
    default:
      return std::to_string(value);
  }
}

std::string bounds_words(const sluice_option& option) {
  const bool number = option.kind == SLUICE_INTEGER || option.kind == SLUICE_REAL || option.kind == SLUICE_DURATION ||
                      option.kind == SLUICE_SIZE || option.kind == SLUICE_COUNT;
  const bool items = option.kind == SLUICE_LIST || option.kind == SLUICE_MAP;
  if ((!number && !items) || !has_bounds(option)) return {};
  // Durations, sizes, counts and items cannot be negative anyway.
  const bool signed_kind = option.kind == SLUICE_INTEGER || option.kind == SLUICE_REAL;
  const bool low = signed_kind ? option.least != std::numeric_limits<int64_t>::min() : option.least > 0;
  const bool high = option.most != std::numeric_limits<int64_t>::max();
  const std::string unit = items ? " items" : "";
  const std::string least = number_words(option, option.least);
  const std::string most = number_words(option, option.most);
  if (low && high) return (least == most ? "exactly " + least : "from " + least + " to " + most) + unit;
  if (low) return "at least " + least + unit;
  if (high) return "at most " + most + unit;
  return {};
}

std::vector<std::string> choice_names(const sluice_option& option) {
  std::vector<std::string> names;
  for (uint64_t i = 0; i < option.choice_count; ++i) names.emplace_back(to_view(option.choices[i]));
  return names;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string type_words(const sluice_option& option) {
  if (option.kind == SLUICE_CHOICE) return "one of " + joined(choice_names(option));
  std::string text(kind_words(option.kind));
  if ((option.kind == SLUICE_LIST || option.kind == SLUICE_MAP) && option.field_count == 1) {
    text += (option.kind == SLUICE_LIST ? ", each " : ", each value ") + type_words(option.fields[0]);
  }
  if (const std::string bounds = bounds_words(option); !bounds.empty()) text += ", " + bounds;
  if (has_flag(option, SLUICE_ONE_OR_LIST)) text += ", or a single one";
  return text;
}

bool is_snake_case(std::string_view name) {
  if (name.empty() || name[0] < 'a' || name[0] > 'z') return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

}  // namespace sluice::engine
