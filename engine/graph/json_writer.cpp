// SPDX-License-Identifier: Apache-2.0
#include "json_writer.hpp"

#include <array>
#include <cstdio>

#include "sluice/safe_text.hpp"
#include "utf8.hpp"

namespace sluice::engine {
namespace {

// One character as \u and its number, by UTF-16 as JSON has it.
void append_escaped(std::string& out, std::string_view sequence) {
  constexpr std::array<unsigned, 5> first_bits{0, 0x7F, 0x1F, 0x0F, 0x07};
  unsigned number = static_cast<unsigned char>(sequence[0]) & first_bits[sequence.size()];
  for (const char c : sequence.substr(1)) number = number << 6U | (static_cast<unsigned char>(c) & 0x3FU);
  const auto append = [&](unsigned unit) {
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "\\u%04x", unit);
    out += text.data();
  };
  if (number > 0xFFFF) append(0xD800U + ((number - 0x10000U) >> 10U));
  append(number > 0xFFFF ? 0xDC00U + ((number - 0x10000U) & 0x3FFU) : number);
}

}  // namespace

std::string json_quoted(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const std::size_t size = utf8_sequence(text);
    const std::string_view sequence = text.substr(0, size == 0 ? 1 : size);
    text.remove_prefix(sequence.size());
    const auto byte = static_cast<unsigned char>(sequence.front());
    if (size == 0) {
      out += "\xEF\xBF\xBD";
    } else if (byte == '"' || byte == '\\') {
      out += '\\';
      out += sequence;
    } else if (byte == '\n') {
      out += "\\n";
    } else if (byte == '\t') {
      out += "\\t";
    } else if (byte >= 0x20 && byte < 0x7F) {
      out += sequence;
    } else if (safe_text(sequence) != sequence) {
      append_escaped(out, sequence);
    } else {
      out += sequence;
    }
  }
  return out + "\"";
}

}  // namespace sluice::engine
