// SPDX-License-Identifier: Apache-2.0
#include "utf8.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "sluice/safe_text.hpp"

namespace sluice::engine {
namespace {

std::string hex(unsigned char byte) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "0x%02X", static_cast<unsigned>(byte));
  return text.data();
}

}  // namespace

std::optional<Utf8Problem> find_utf8_problem(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const bool control = (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7F;
    if (control) {
      return Utf8Problem{at, "the file holds the control character " + hex(byte) + "; a graph is plain UTF-8 text"};
    }
    const std::size_t length = utf8_sequence(text.substr(at));
    if (length == 0) return Utf8Problem{at, "byte " + hex(byte) + " is not UTF-8; save the file as UTF-8"};
    at += length;
  }
  return std::nullopt;
}

std::size_t utf8_length(std::string_view text) {
  std::size_t characters = 0;
  for (; !text.empty(); ++characters) text.remove_prefix(std::max<std::size_t>(utf8_sequence(text), 1));
  return characters;
}

}  // namespace sluice::engine
