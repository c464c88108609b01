// SPDX-License-Identifier: Apache-2.0
// Text from outside (payloads, replies of servers, names of files) made safe to show: in a log line, on a page, in
// JSON, on a terminal. The result is well-formed UTF-8 on one line, has no character that moves or hides others, and is
// cut between characters. For sentences only: never changes what is stored. Pure, safe on any thread.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice {
inline namespace v1 {

/// Bytes of the well-formed UTF-8 sequence that `text` begins with (Unicode 15, table 3-7); 0 when it begins with none.
constexpr size_t utf8_sequence(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : uint8_t{0}; };
  const auto continues = [&](size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const uint8_t first = byte(0);
  if (text.empty()) return 0;
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4) return 0;
  if (first < 0xE0) return continues(1) ? 2 : 0;
  if (first < 0xF0) {
    if ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) > 0x9F)) return 0;
    return continues(1) && continues(2) ? 3 : 0;
  }
  if ((first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) > 0x8F)) return 0;
  return continues(1) && continues(2) && continues(3) ? 4 : 0;
}

/// The first `characters` characters of `text`, or all of it. A byte that is not UTF-8 counts as one character.
constexpr std::string_view cut_text(std::string_view text, size_t characters) {
  size_t at = 0;
  for (; characters > 0 && at < text.size(); --characters) {
    const size_t size = utf8_sequence(text.substr(at));
    at += size == 0 ? 1 : size;
  }
  return text.substr(0, at);
}

namespace detail {

/// Controls (C0, DEL, C1), line and paragraph separators, marks that change the direction of text, the byte order mark.
constexpr bool is_unsafe(std::string_view sequence) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(sequence[i]); };
  switch (sequence.size()) {
    case 1:
      return byte(0) < 0x20 || byte(0) == 0x7F;
    case 2:
      return (byte(0) == 0xC2 && byte(1) < 0xA0) || (byte(0) == 0xD8 && byte(1) == 0x9C);
    case 3:
      if (byte(0) == 0xEF)
        return (byte(1) == 0xBB && byte(2) == 0xBF) || (byte(1) == 0xBF && byte(2) < 0xBC && byte(2) > 0xB8);
      if (byte(0) != 0xE2) return false;
      if (byte(1) == 0x80) return byte(2) == 0x8E || byte(2) == 0x8F || (byte(2) >= 0xA8 && byte(2) <= 0xAE);
      return byte(1) == 0x81 && byte(2) >= 0xA6 && byte(2) <= 0xA9;
    default:
      return sequence[0] == '\xF3' && sequence[1] == '\xA0';  // U+E0000 to U+E0FFF: invisible tags
  }
}

}  // namespace detail

/// `text` as it may stand in a sentence: line ends and tabs become blanks; bytes that are not UTF-8 and characters that
/// are unsafe to show become U+FFFD. More than `max_characters` are cut off, and "..." says so.
inline std::string safe_text(std::string_view text, size_t max_characters = 1000) {
  const std::string_view shown = cut_text(text, max_characters);
  std::string out;
  out.reserve(shown.size() + 3);
  for (size_t at = 0; at < shown.size();) {
    const size_t size = utf8_sequence(shown.substr(at));
    const std::string_view sequence = shown.substr(at, size == 0 ? 1 : size);
    at += sequence.size();
    if (sequence == "\n" || sequence == "\r" || sequence == "\t") {
      out += ' ';
    } else if (size == 0 || detail::is_unsafe(sequence)) {
      out += "\xEF\xBF\xBD";
    } else {
      out += sequence;
    }
  }
  if (shown.size() < text.size()) out += "...";
  return out;
}

}  // namespace v1
}  // namespace sluice
