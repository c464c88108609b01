// SPDX-License-Identifier: Apache-2.0
#include "diagnostic_render.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>

#include "sluice/safe_text.hpp"
#include "source_mask.hpp"
#include "utf8.hpp"

namespace sluice::engine {
namespace {

constexpr std::size_t shown_width = 150;
constexpr std::size_t longest_sentence = 4000;

// The byte of a line where its `column`th character begins.
std::size_t byte_of(std::string_view line, int column) {
  return cut_text(line, static_cast<std::size_t>(std::max(column - 1, 0))).size();
}

// The source line and a caret below the column; secrets are masked, and a very long line is cut around the caret.
std::string excerpt(const SourceText& source, const SourceMask& mask, const Secrecy& secrecy, Place place) {
  const std::string_view line = source.line(place.line);
  if (place.line < 1 || line.empty()) return {};
  const std::size_t begin = source.offset(place.line - 1, 0);
  const std::size_t at = begin + byte_of(line, place.column);

  std::string shown;
  std::size_t caret = 0;  // characters before it
  for (const SourceMask::Piece& piece : mask.line(begin, begin + line.size(), secrecy)) {
    if (piece.begin < at) {
      const std::size_t before = piece.is_verbatim ? std::min(piece.end, at) - piece.begin
                                 : piece.end <= at ? piece.shown.size()
                                                   : 0;
      caret += utf8_length(std::string_view(piece.shown).substr(0, before));
    }
    shown += piece.shown;
  }
  shown = safe_text(shown, shown.size());
  const std::size_t characters = utf8_length(shown);
  const std::size_t from = characters > shown_width && caret > shown_width * 2 / 3 ? caret - shown_width * 2 / 3 : 0;
  const std::string_view rest = std::string_view(shown).substr(cut_text(shown, from).size());
  const std::string_view part = cut_text(rest, shown_width);
  const std::string before = from > 0 ? "..." : "";
  const std::string number = std::to_string(place.line);
  return "  " + number + " | " + before + std::string(part) + (part.size() < rest.size() ? "..." : "") + "\n  " +
         std::string(number.size(), ' ') + " | " + std::string(before.size() + caret - from, ' ') + "^\n";
}

void append_place(std::string& out, std::string_view prefix, Place place) {
  out += "\"" + std::string(prefix) + "line\":" + std::to_string(place.line) + ",\"" + std::string(prefix) +
         "column\":" + std::to_string(place.column);
}

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

std::string_view severity_word(Severity severity) { return severity == Severity::error ? "error" : "warning"; }

std::string shown_text(const Diagnostics& diagnostics, std::string_view text) {
  return safe_text(diagnostics.secrecy().masked(text), longest_sentence);
}

std::string render_text(const Diagnostics& diagnostics, const SourceText& source) {
  if (diagnostics.empty()) return {};
  const SourceMask mask(source.text());
  const std::string file = safe_text(source.file());
  std::string out;
  for (const Diagnostic& d : diagnostics.sorted()) {
    out += file;
    if (d.place.line > 0) out += ":" + std::to_string(d.place.line) + ":" + std::to_string(d.place.column);
    out += ": " + std::string(severity_word(d.severity)) + "[" + std::string(word(d.code)) + "]: ";
    if (!d.subject.empty()) out += shown_text(diagnostics, d.subject) + ": ";
    out += shown_text(diagnostics, d.sentence);
    if (!d.did_you_mean.empty()) out += "; did you mean \"" + shown_text(diagnostics, d.did_you_mean) + "\"?";
    out += "\n";
    out += excerpt(source, mask, diagnostics.secrecy(), d.place);
  }
  if (diagnostics.left_out() > 0) {
    out += file + ": " + std::to_string(diagnostics.left_out()) + " more problems are not shown\n";
  }
  return out;
}

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

std::string render_json(const Diagnostics& diagnostics, const SourceText& source) {
  std::string out = "{\"file\":" + json_quoted(source.file()) + ",\"errors\":" + std::to_string(diagnostics.errors()) +
                    ",\"warnings\":" + std::to_string(diagnostics.warnings()) +
                    ",\"left_out\":" + std::to_string(diagnostics.left_out()) + ",\"diagnostics\":[";
  bool first = true;
  for (const Diagnostic& d : diagnostics.sorted()) {
    out += first ? "{" : ",{";
    first = false;
    out += "\"code\":" + json_quoted(word(d.code)) + ",\"severity\":" + json_quoted(severity_word(d.severity)) + ",";
    append_place(out, "", d.place);
    const auto masked = [&](const std::string& text) { return json_quoted(diagnostics.secrecy().masked(text)); };
    out += ",\"subject\":" + masked(d.subject) + ",\"sentence\":" + masked(d.sentence);
    if (!d.did_you_mean.empty()) out += ",\"did_you_mean\":" + masked(d.did_you_mean);
    if (d.other_place) {
      out += ",";
      append_place(out, "other_", *d.other_place);
    }
    out += "}";
  }
  return out + "]}";
}

}  // namespace sluice::engine
