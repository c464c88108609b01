// SPDX-License-Identifier: Apache-2.0
#include "json_text.hpp"

#include <cstring>

#include "sluice/safe_text.hpp"

namespace sluice::flow {

void append_lossy_json_string(std::string_view text, std::string& out) {
  if (simdjson::validate_utf8(text.data(), text.size())) return append_json_string(text, out);
  std::string repaired;
  while (!text.empty()) {
    const size_t size = utf8_sequence(text);
    repaired.append(size == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(0, size));
    text.remove_prefix(size == 0 ? 1 : size);
  }
  append_json_string(repaired, out);
}

void append_base64(std::string_view bytes, std::string& out) {
  constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  out.reserve(out.size() + (bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t three = 0;
    const size_t there = std::min<size_t>(3, bytes.size() - i);
    for (size_t k = 0; k < 3; ++k) three = three << 8 | (k < there ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    out += digits[three >> 18];
    out += digits[three >> 12 & 63];
    out += there > 1 ? digits[three >> 6 & 63] : '=';
    out += there > 2 ? digits[three & 63] : '=';
  }
}

void append_on_one_line(std::string_view json, std::string& out) {
  const size_t from = out.size();
  out += json;
  if (std::memchr(json.data(), '\n', json.size()) == nullptr && std::memchr(json.data(), '\r', json.size()) == nullptr)
    return;
  for (size_t i = from; i < out.size(); ++i) {
    if (out[i] == '\n' || out[i] == '\r') out[i] = ' ';
  }
}

bool is_json_object(std::string_view padded, simdjson::dom::parser& parser) {
  if (padded.empty()) return false;
  simdjson::dom::element root;
  if (parser.parse(padded.data(), padded.size(), false).get(root) != simdjson::SUCCESS) return false;
  return root.is_object();
}

}  // namespace sluice::flow
