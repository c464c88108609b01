// SPDX-License-Identifier: Apache-2.0
// A text as a JSON string. Pure.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace sluice {
inline namespace v1 {

/// Appends `text` in quotes; it must be valid UTF-8.
inline void append_json_string(std::string_view text, std::string& out) {
  constexpr std::string_view hex = "0123456789abcdef";
  out += '"';
  size_t plain_from = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
    out.append(text, plain_from, i - plain_from);
    plain_from = i + 1;
    switch (byte) {
      case '"':
      case '\\':
        out += '\\';
        out += text[i];
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += "\\u00";
        out += hex[byte >> 4];
        out += hex[byte & 15];
    }
  }
  out.append(text, plain_from);
  out += '"';
}

}  // namespace v1
}  // namespace sluice
