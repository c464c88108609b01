// SPDX-License-Identifier: Apache-2.0
#include "setting_reader.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "did_you_mean.hpp"
#include "secret_words.hpp"
#include "units.hpp"
#include "variables.hpp"

namespace sluice::engine {
namespace {

constexpr std::size_t max_name_length = 64;
constexpr auto bounds_keys = std::to_array<std::string_view>({"records", "bytes"});

bool lower_letter(char c) { return c >= 'a' && c <= 'z'; }
bool name_character(char c) { return lower_letter(c) || (c >= '0' && c <= '9') || c == '_'; }

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= max_name_length && lower_letter(text[0]) &&
         std::all_of(text.begin(), text.end(), name_character);
}

}  // namespace

std::string nearest_name(std::string_view text) {
  std::string near;
  for (const char c : text) {
    if (c >= 'A' && c <= 'Z') {
      near += static_cast<char>(c - 'A' + 'a');
    } else {
      near += c == '-' || c == ' ' ? '_' : c;
    }
  }
  return is_name(near) && near.find("__") == std::string::npos ? near : std::string();
}

std::string listed(Words words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

bool SettingReader::check_map(const YamlNode& node, Place place, const std::string& subject, std::string_view what,
                              std::string_view example) {
  if (node.is_map()) return true;
  diagnostics_.error(
      Code::wrong_type, node.is_null() ? place : node.place, subject,
      std::string(what) + " is a map, not " + std::string(kind_text(node.kind)) + "; write " + std::string(example));
  return false;
}

void SettingReader::check_keys(const YamlNode& map, const std::string& subject, std::string_view what, Words known,
                               std::span<const RetiredKey> retired) {
  for (const YamlEntry& entry : map.entries) {
    if (std::find(known.begin(), known.end(), entry.key) != known.end()) continue;
    const auto old =
        std::find_if(retired.begin(), retired.end(), [&](const RetiredKey& r) { return r.key == entry.key; });
    if (old != retired.end()) {
      diagnostics_.error(Code::unknown_key, entry.key_place, subject,
                         std::string(what) + " has no key " + quoted(entry.key) + "; " + std::string(old->instead));
      continue;
    }
    diagnostics_.error(Code::unknown_key, entry.key_place, subject,
                       std::string(what) + " has no key " + quoted(entry.key) + "; it takes " + listed(known),
                       did_you_mean(entry.key, known));
  }
}

std::optional<Placed<std::string>> SettingReader::scalar(const YamlNode& node, const std::string& subject,
                                                         std::string_view what) {
  if (node.is_scalar() && !node.text.empty()) return Placed<std::string>{node.text, node.place};
  if (node.is_null() || node.is_scalar()) {
    diagnostics_.error(Code::missing_key, node.place, subject, std::string(what) + " has no value");
  } else {
    diagnostics_.error(Code::wrong_type, node.place, subject,
                       std::string(what) + " is a single value, not " + std::string(kind_text(node.kind)));
  }
  return std::nullopt;
}

std::optional<Placed<std::string>> SettingReader::plain(const YamlNode& node, const std::string& subject,
                                                        std::string_view what) {
  auto value = scalar(node, subject, what);
  if (value && has_variables(value->value)) {
    diagnostics_.error(Code::variable_not_allowed, node.place, subject,
                       std::string(what) +
                           " cannot hold a variable: the shape of a graph is the same everywhere, and " +
                           "only values vary");
    return std::nullopt;
  }
  return value;
}

std::optional<Placed<std::string>> SettingReader::expanded(const YamlNode& node, const std::string& subject,
                                                           std::string_view what) {
  auto value = scalar(node, subject, what);
  if (!value || !has_variables(value->value)) return value;
  if (const auto problem = check_bare_variable(value->value)) {
    diagnostics_.error(problem->code, node.place, subject, problem->sentence);
    return std::nullopt;
  }
  Parsed<Expanded> text = expand_variables(value->value, environment_);
  if (!text) {
    diagnostics_.error(text.problem().code, node.place, subject, text.problem().sentence);
    return std::nullopt;
  }
  if (text->is_from_file) {
    diagnostics_.error(Code::variable_not_allowed, node.place, subject,
                       std::string(what) + " cannot come from a file: ${file:...} is for secrets in node options");
    return std::nullopt;
  }
  value->value = std::move(text->text);
  return value;
}

bool SettingReader::check_name(const std::string& text, Place place, const std::string& subject,
                               std::string_view what) {
  if (is_name(text)) return true;
  const std::string too_long = text.size() > max_name_length ? ", at most 64 characters" : "";
  diagnostics_.error(Code::bad_name, place, subject,
                     quoted(text) + " is not a name for " + std::string(what) +
                         "; names begin with a lower-case letter and go on with a-z, 0-9 and _" + too_long,
                     nearest_name(text));
  return false;
}

std::optional<Placed<std::string>> SettingReader::name(const YamlNode& node, const std::string& subject,
                                                       std::string_view key, std::string_view what) {
  auto value = plain(node, subject, key);
  if (value && !check_name(value->value, value->place, subject, what)) return std::nullopt;
  return value;
}

std::optional<Placed<std::uint64_t>> SettingReader::count(const YamlNode& node, const std::string& subject,
                                                          std::string_view what) {
  const auto text = expanded(node, subject, what);
  if (!text) return std::nullopt;
  const Parsed<std::uint64_t> value = parse_count(text->value);
  if (!value) {
    diagnostics_.error(value.problem().code, node.place, subject, std::string(what) + ": " + value.problem().sentence);
  } else if (*value < 1 || *value > max_records) {
    diagnostics_.error(
        Code::out_of_range, node.place, subject,
        std::string(what) + " is " + count_text(*value) + "; it must be between 1 and " + count_text(max_records));
  } else {
    return Placed<std::uint64_t>{*value, node.place};
  }
  return std::nullopt;
}

std::optional<Placed<std::uint64_t>> SettingReader::size(const YamlNode& node, const std::string& subject,
                                                         std::string_view what) {
  const auto text = expanded(node, subject, what);
  if (!text) return std::nullopt;
  const Parsed<std::uint64_t> value = parse_size(text->value);
  if (!value) {
    diagnostics_.error(value.problem().code, node.place, subject, std::string(what) + ": " + value.problem().sentence);
  } else if (*value < 1 || *value > max_bytes) {
    diagnostics_.error(
        Code::out_of_range, node.place, subject,
        std::string(what) + " is " + size_text(*value) + "; it must be between 1B and " + size_text(max_bytes));
  } else {
    return Placed<std::uint64_t>{*value, node.place};
  }
  return std::nullopt;
}

std::optional<Placed<std::int64_t>> SettingReader::duration(const YamlNode& node, const std::string& subject,
                                                            std::string_view what) {
  const auto text = expanded(node, subject, what);
  if (!text) return std::nullopt;
  const Parsed<std::int64_t> value = parse_duration(text->value);
  if (!value) {
    diagnostics_.error(value.problem().code, node.place, subject, std::string(what) + ": " + value.problem().sentence);
  } else if (*value < 1 || *value > max_duration_ns) {
    diagnostics_.error(Code::out_of_range, node.place, subject,
                       std::string(what) + " is " + duration_text(*value) + "; it must be between 1ns and " +
                           duration_text(max_duration_ns));
  } else {
    return Placed<std::int64_t>{*value, node.place};
  }
  return std::nullopt;
}

std::optional<Placed<std::size_t>> SettingReader::one_of(const YamlNode& node, const std::string& subject,
                                                         std::string_view what, Words words, std::string_view shown) {
  const auto text = expanded(node, subject, what);
  if (!text) return std::nullopt;
  const auto found = std::find(words.begin(), words.end(), text->value);
  if (found == words.end()) {
    diagnostics_.error(Code::unknown_word, node.place, subject,
                       std::string(what) + " is " + (shown.empty() ? listed(words) : std::string(shown)) + ", not " +
                           quoted(text->value),
                       did_you_mean(text->value, words));
    return std::nullopt;
  }
  return Placed<std::size_t>{static_cast<std::size_t>(found - words.begin()), node.place};
}

std::optional<BoundsSpec> SettingReader::bounds(const YamlEntry& entry, const std::string& subject, bool both) {
  const std::string what = entry.key;
  const YamlNode& node = entry.value;
  if (!check_map(node, entry.key_place, subject, what, "{ records: 500k, bytes: 256MiB }")) return std::nullopt;
  check_keys(node, subject, what, bounds_keys);
  BoundsSpec result;
  result.place = entry.key_place;
  const YamlEntry* const records = node.find("records");
  const YamlEntry* const bytes = node.find("bytes");
  if (records != nullptr) result.records = count(records->value, subject, what + ".records");
  if (bytes != nullptr) result.bytes = size(bytes->value, subject, what + ".bytes");
  const bool complete = both ? records != nullptr && bytes != nullptr : records != nullptr || bytes != nullptr;
  if (!complete) {
    const std::string missing = records == nullptr && bytes == nullptr ? "records and bytes"
                                : records == nullptr                   ? "records"
                                                                       : "bytes";
    diagnostics_.error(Code::missing_key, entry.key_place, subject,
                       what + " needs " + missing + ": its bound is hard in both, as in { records: 1k, bytes: 16MiB }");
  }
  return result;
}

}  // namespace sluice::engine
