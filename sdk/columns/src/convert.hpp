// SPDX-License-Identifier: Apache-2.0
// One value at a time: from what the payload or an attribute holds to the column's typed value. A conversion either is
// exact or refuses with an error that names column, source and value. Internal to the library.
#pragma once
#include <string_view>

#include "sluice/columns/mapping.hpp"
#include "sluice/columns/rows.hpp"

namespace sluice {
inline namespace v1 {
namespace columns {

/// The start of a value for a message: short, one line, valid UTF-8.
std::string excerpt(std::string_view text);
Error refused(const Column& column, std::string_view code, std::string_view value, std::string_view why);

/// What a JSON string or a text attribute says; `text` must outlive the row and be valid UTF-8.
Result<void> convert_text(const Column& column, std::string_view text, Arena& arena, Value& to);
/// A JSON number as written, checked here against JSON's grammar.
Result<void> convert_number(const Column& column, std::string_view number, Arena& arena, Value& to);
Result<void> convert_boolean(const Column& column, bool value, Value& to);
/// An attribute: absent, an integer, a text or a time.
Result<void> convert_attribute(const Column& column, const sluice_value& value, Arena& arena, Value& to);
Result<void> convert_time_ns(const Column& column, int64_t time_ns, Value& to);
/// NULL, where the column takes it.
Result<void> convert_nothing(const Column& column, bool is_null, Value& to);

}  // namespace columns
}  // namespace v1
}  // namespace sluice
