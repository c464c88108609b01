// SPDX-License-Identifier: Apache-2.0
// Pieces of JSON text: strings with their escapes, base64 for bytes that are no text, and the check whether bytes are
// one valid JSON object. Appends to the caller's string; never parses into values and never changes a number.
#pragma once
#include <simdjson.h>

#include <string>
#include <string_view>

#include "sluice/json_string.hpp"

namespace sluice::flow {

using sluice::append_json_string;
/// As append_json_string, with U+FFFD for bytes that are no UTF-8.
void append_lossy_json_string(std::string_view text, std::string& out);
void append_base64(std::string_view bytes, std::string& out);
/// Appends bytes with line breaks turned into blanks: in JSON they can only stand between tokens.
void append_on_one_line(std::string_view json, std::string& out);
/// Whether the bytes, with 64 readable ones behind them, are one JSON object and nothing else.
bool is_json_object(std::string_view padded, simdjson::dom::parser& parser);

}  // namespace sluice::flow
