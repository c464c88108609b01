// SPDX-License-Identifier: Apache-2.0
#include "graph/xml_text.hpp"

#include "graph/utf8.hpp"

namespace sluice::engine {

std::string xml_escaped(std::string_view text) {
  const bool is_sound = !find_utf8_problem(text);
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (c == '\'') {
      out += "&#39;";
    } else {
      out += !is_sound && (byte < 0x20 || byte >= 0x7F) ? '?' : c;
    }
  }
  return out;
}

}  // namespace sluice::engine
