// SPDX-License-Identifier: Apache-2.0
// Whatever bytes come from outside: what is shown is UTF-8 on one line, cut between characters.
#include "sluice/safe_text.hpp"

#include <simdjson.h>

#include <random>

#include "catch.hpp"

using namespace sluice;

TEST_CASE("safe text keeps what is plain, in any script") {
  for (const std::string text :
       {"", "a close reason", "价格 1.5 €", "𝟙 \xF0\x9F\x98\x80", "quote \" and \\ backslash"}) {
    CHECK(safe_text(text) == text);
  }
}

TEST_CASE("safe text shows no character that moves, hides or ends a line") {
  const std::string replacement = "\xEF\xBF\xBD";
  CHECK(safe_text("a\r\nb\tc") == "a  b c");
  for (const std::string unsafe :
       {"\x1b", "\x7f", "\xC2\x85", "\xC2\x9B", "\xE2\x80\xA8", "\xE2\x80\xA9", "\xE2\x80\xAE", "\xE2\x81\xA6",
        "\xE2\x80\x8F", "\xD8\x9C", "\xEF\xBB\xBF", "\xFF", "\xF3\xA0\x80\xA1"}) {
    CHECK(safe_text("a" + unsafe + "b") == "a" + replacement + "b");
  }
  CHECK(safe_text(std::string_view("a\0b", 3)) == "a" + replacement + "b");
}

TEST_CASE("safe text is cut by characters, never within one") {
  CHECK(safe_text("价格价格", 3) == "价格价...");
  CHECK(safe_text("价格价格", 4) == "价格价格");
  CHECK(cut_text("a€b", 2) == "a€");
  CHECK(cut_text("\xE2\x82", 1) == "\xE2");
  CHECK(cut_text("abc", 0).empty());
}

TEST_CASE("safe text is well-formed UTF-8 for any bytes") {
  std::mt19937 random(1);
  for (int round = 0; round < 20000; ++round) {
    std::string bytes(random() % 40, '\0');
    // Mostly bytes that begin or continue sequences, so that almost-right ones occur.
    for (char& byte : bytes) byte = static_cast<char>(random() % 4 == 0 ? random() : 0x80 + random() % 0x80);
    const std::string shown = safe_text(bytes, 30);
    REQUIRE(simdjson::validate_utf8(shown.data(), shown.size()));
    REQUIRE(shown.find_first_of("\n\r\t\x1b\x7f") == std::string::npos);
    // Both readers of UTF-8 agree on what is well-formed.
    size_t at = 0;
    while (at < bytes.size() && utf8_sequence(std::string_view(bytes).substr(at)) > 0) {
      at += utf8_sequence(std::string_view(bytes).substr(at));
    }
    REQUIRE((at == bytes.size()) == simdjson::validate_utf8(bytes.data(), bytes.size()));
  }
}
