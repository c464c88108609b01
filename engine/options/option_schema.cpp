// SPDX-License-Identifier: Apache-2.0
#include "options/option_schema.hpp"

#include <limits>

#include "graph/json_writer.hpp"

namespace sluice::engine {
namespace {

constexpr std::string_view variable = R"json({"type":"string","pattern":"\\$"})json";

std::string any_of(const std::string& first) { return "{\"anyOf\":[" + first + "," + std::string(variable) + "]}"; }

std::string pattern(std::string_view expression) {
  return R"json({"type":"string","pattern":)json" + json_quoted(expression) + "}";
}

/// YAML hands plain digits over as a number, quoted ones as a string.
std::string number(std::string_view type, std::string_view expression, const sluice_option& option) {
  std::string bounds;
  if (has_bounds(option)) {
    if (option.least != std::numeric_limits<int64_t>::min()) bounds += ",\"minimum\":" + std::to_string(option.least);
    if (option.most != std::numeric_limits<int64_t>::max()) bounds += ",\"maximum\":" + std::to_string(option.most);
  }
  return any_of("{\"type\":\"" + std::string(type) + "\"" + bounds + "}," + pattern(expression));
}

std::string item_bounds(const sluice_option& option, std::string_view what) {
  if (!has_bounds(option)) return {};
  std::string text;
  if (option.least > 0) text += ",\"min" + std::string(what) + "\":" + std::to_string(option.least);
  if (option.most != std::numeric_limits<int64_t>::max()) {
    text += ",\"max" + std::string(what) + "\":" + std::to_string(option.most);
  }
  return text;
}

std::string list_schema(const sluice_option& option) {
  const std::string item = value_schema(option.fields[0]);
  const std::string list = "{\"type\":\"array\",\"items\":" + item + item_bounds(option, "Items") + "}";
  return has_flag(option, SLUICE_ONE_OR_LIST) ? "{\"anyOf\":[" + item + "," + list + "]}" : list;
}

std::string bare_schema(const sluice_option& option) {
  switch (option.kind) {
    case SLUICE_INTEGER:
      return number("integer", "^-?[0-9]+$", option);
    case SLUICE_REAL:
      return number("number", "^-?[0-9.]+([eE][+-]?[0-9]+)?$", option);
    case SLUICE_BOOLEAN:
      return any_of(R"json({"type":"boolean"},{"enum":["true","false"]})json");
    case SLUICE_DURATION:
      return duration_schema();
    case SLUICE_SIZE:
      return size_schema();
    case SLUICE_COUNT:
      return count_schema();
    case SLUICE_CHOICE:
      return words_schema(choice_names(option));
    case SLUICE_LIST:
      return list_schema(option);
    case SLUICE_MAP:
      return "{\"type\":\"object\",\"additionalProperties\":" + value_schema(option.fields[0]) +
             item_bounds(option, "Properties") + "}";
    case SLUICE_OBJECT:
      return "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{" +
             properties_schema(fields_of(option)) + "},\"required\":" + required_names(fields_of(option)) + "}";
    default:
      return text_schema();
  }
}

}  // namespace

std::string duration_schema() { return any_of(pattern("^[0-9]+(ns|us|ms|s|m|h|d)$")); }
std::string size_schema() { return any_of(pattern("^[0-9]+(B|KB|MB|GB|TB|KiB|MiB|GiB|TiB)$")); }
std::string count_schema() { return any_of(R"json({"type":"integer","minimum":0},)json" + pattern("^[0-9]+[kMG]?$")); }
/// Plain text may look like a number or a truth value to YAML.
std::string text_schema() { return R"json({"type":["string","number","boolean"]})json"; }

std::string words_schema(const std::vector<std::string>& words) {
  std::string list;
  for (const std::string& word : words) list += (list.empty() ? "" : ",") + json_quoted(word);
  return any_of("{\"enum\":[" + list + "]}");
}

std::string value_schema(const sluice_option& option) {
  std::string schema = bare_schema(option);
  std::string notes;
  const auto note = [&](std::string_view key, const sluice_str& text) {
    if (text.size != 0) notes += ",\"" + std::string(key) + "\":" + json_quoted(to_view(text));
  };
  note("description", option.summary);
  note("default", option.fallback);
  schema.insert(schema.size() - 1, notes);
  return schema;
}

std::string properties_schema(OptionTable table) {
  std::string text;
  for (const sluice_option& option : table) {
    text += (text.empty() ? "" : ",") + json_quoted(name_of(option)) + ":" + value_schema(option);
  }
  return text;
}

std::string required_names(OptionTable table, std::string_view first) {
  std::string text = first.empty() ? "" : json_quoted(first);
  for (const sluice_option& option : table) {
    if (has_flag(option, SLUICE_REQUIRED)) text += (text.empty() ? "" : ",") + json_quoted(name_of(option));
  }
  return "[" + text + "]";
}

}  // namespace sluice::engine
