// SPDX-License-Identifier: Apache-2.0
// JSON Schema (draft 7, which editors know best) for what an option table accepts. Numbers, durations and the like also
// accept any text with a variable in it, because a schema cannot know what the variable will hold. The schema never
// refuses what the engine takes; what it cannot express, it lets pass.
#pragma once
#include <string>
#include <string_view>

#include "options/option_table.hpp"

namespace sluice::engine {

/// A JSON object: the schema of one option's value.
std::string value_schema(const sluice_option& option);
/// `"name":{...},"other":{...}`, for the properties of a map.
std::string properties_schema(OptionTable table);
/// A JSON array of the required options' names, `first` before them when it is not empty.
std::string required_names(OptionTable table, std::string_view first = {});

/// Schemas of the values that occur in the engine's own keys too.
std::string duration_schema();
std::string size_schema();
std::string count_schema();
std::string text_schema();
/// The text must be one of these, or hold a variable.
std::string words_schema(const std::vector<std::string>& words);

}  // namespace sluice::engine
