// SPDX-License-Identifier: Apache-2.0
#include "flow_text.hpp"

#include <array>
#include <charconv>
#include <span>

#include "sluice/abi.h"

namespace sluice::testing {
namespace {

struct Unit {
  std::string_view name;
  int64_t factor;
};
constexpr int64_t kilo = 1000;
constexpr int64_t kibi = 1024;
constexpr std::array durations = {Unit{"ns", 1},
                                  Unit{"us", kilo},
                                  Unit{"ms", kilo* kilo},
                                  Unit{"s", kilo* kilo* kilo},
                                  Unit{"m", 60 * kilo* kilo* kilo},
                                  Unit{"h", 3600 * kilo* kilo* kilo},
                                  Unit{"d", 24 * 3600 * kilo* kilo* kilo}};
constexpr std::array sizes = {Unit{"B", 1},
                              Unit{"KB", kilo},
                              Unit{"MB", kilo* kilo},
                              Unit{"GB", kilo* kilo* kilo},
                              Unit{"TB", kilo* kilo* kilo* kilo},
                              Unit{"KiB", kibi},
                              Unit{"MiB", kibi* kibi},
                              Unit{"GiB", kibi* kibi* kibi},
                              Unit{"TiB", kibi* kibi* kibi* kibi}};
constexpr std::array counts = {Unit{"", 1}, Unit{"k", kilo}, Unit{"M", kilo* kilo}, Unit{"G", kilo* kilo* kilo}};
constexpr std::array plain = {Unit{"", 1}};

std::span<const Unit> units_of(uint32_t kind) {
  if (kind == SLUICE_DURATION) return durations;
  if (kind == SLUICE_SIZE) return sizes;
  if (kind == SLUICE_COUNT) return counts;
  return plain;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// Up to the next comma outside brackets; the rest stays in `text`.
std::string_view next_item(std::string_view& text) {
  int depth = 0;
  size_t at = 0;
  for (; at < text.size() && (depth > 0 || text[at] != ','); ++at) {
    if (text[at] == '[' || text[at] == '{') ++depth;
    if (text[at] == ']' || text[at] == '}') --depth;
  }
  const std::string_view item = trimmed(text.substr(0, at));
  text.remove_prefix(at == text.size() ? at : at + 1);
  return item;
}

}  // namespace

std::optional<int64_t> parse_number(uint32_t kind, std::string_view text) {
  int64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc{}) return std::nullopt;
  const std::string_view unit = trimmed({end, static_cast<size_t>(text.data() + text.size() - end)});
  for (const Unit& each : units_of(kind)) {
    int64_t product = 0;
    if (each.name == unit && !__builtin_mul_overflow(number, each.factor, &product)) return product;
  }
  return std::nullopt;
}

Value parse_flow(std::string_view text) {
  text = trimmed(text);
  if (text.size() < 2 || (text.front() != '[' && text.front() != '{')) return Value(text);
  const bool is_list = text.front() == '[';
  std::string_view rest = trimmed(text.substr(1, text.size() - 2));
  Value made = is_list ? list({}) : map({});
  while (!rest.empty()) {
    const std::string_view item = next_item(rest);
    if (is_list) {
      made.items.push_back(parse_flow(item));
      continue;
    }
    const size_t colon = item.find(':');
    if (colon == std::string_view::npos) return Value(text);
    made.fields.push_back({std::string(trimmed(item.substr(0, colon))), parse_flow(item.substr(colon + 1))});
  }
  return made;
}

}  // namespace sluice::testing
