// SPDX-License-Identifier: Apache-2.0
#include "diagnostic_render.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>

#include "sluice/safe_text.hpp"
#include "utf8.hpp"

namespace sluice::engine {
namespace {

constexpr std::size_t shown_width = 150;

// The source line and a caret below the column; a very long line is cut around it.
std::string excerpt(const SourceText& source, Place place) {
  const std::string_view line = source.line(place.line);
  if (place.line < 1 || line.empty()) return {};
  const std::string masked = mask_passwords(line);

  std::size_t at = 0;  // byte of the caret
  for (int column = 1; column < place.column && at < masked.size(); ++column) {
    ++at;
    while (at < masked.size() && (static_cast<unsigned char>(masked[at]) & 0xC0U) == 0x80U) ++at;
  }
  std::size_t from = at > shown_width * 2 / 3 ? at - shown_width * 2 / 3 : 0;
  if (masked.size() <= shown_width) from = 0;
  while (from < at && (static_cast<unsigned char>(masked[from]) & 0xC0U) == 0x80U) ++from;
  std::size_t to = std::min(masked.size(), from + shown_width);
  while (to < masked.size() && (static_cast<unsigned char>(masked[to]) & 0xC0U) == 0x80U) ++to;

  std::string shown = masked.substr(from, to - from);
  std::replace(shown.begin(), shown.end(), '\t', ' ');
  const std::string before = from > 0 ? "..." : "";
  const std::string after = to < masked.size() ? "..." : "";
  const std::string number = std::to_string(place.line);
  const std::size_t indent = before.size() + utf8_length(std::string_view(masked).substr(from, at - from));
  return "  " + number + " | " + before + shown + after + "\n  " + std::string(number.size(), ' ') + " | " +
         std::string(indent, ' ') + "^\n";
}

void append_place(std::string& out, std::string_view prefix, Place place) {
  out += "\"" + std::string(prefix) + "line\":" + std::to_string(place.line) + ",\"" + std::string(prefix) +
         "column\":" + std::to_string(place.column);
}

}  // namespace

std::string_view severity_word(Severity severity) { return severity == Severity::error ? "error" : "warning"; }

std::string mask_passwords(std::string_view text) {
  std::string masked(text);
  for (std::size_t at = masked.find("://"); at != std::string::npos; at = masked.find("://", at + 3)) {
    const std::size_t begin = at + 3;
    const std::size_t end = std::min(masked.find_first_of(" \t\"'/", begin), masked.size());
    const std::size_t host = masked.rfind('@', end == 0 ? 0 : end - 1);
    const std::size_t colon = masked.find(':', begin);
    if (host == std::string::npos || host < begin || colon == std::string::npos || colon > host) continue;
    std::fill(masked.begin() + static_cast<std::ptrdiff_t>(colon) + 1,
              masked.begin() + static_cast<std::ptrdiff_t>(host), '*');
  }
  return masked;
}

std::string render_text(const Diagnostics& diagnostics, const SourceText& source) {
  std::string out;
  for (const Diagnostic& d : diagnostics.sorted()) {
    out += source.file();
    if (d.place.line > 0) out += ":" + std::to_string(d.place.line) + ":" + std::to_string(d.place.column);
    out += ": " + std::string(severity_word(d.severity)) + "[" + std::string(word(d.code)) + "]: ";
    if (!d.subject.empty()) out += d.subject + ": ";
    out += d.sentence;
    if (!d.did_you_mean.empty()) out += "; did you mean \"" + d.did_you_mean + "\"?";
    out += "\n";
    out += excerpt(source, d.place);
  }
  if (diagnostics.left_out() > 0) {
    out += source.file() + ": " + std::to_string(diagnostics.left_out()) + " more problems are not shown\n";
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
    } else if (byte < 0x20 || byte == 0x7F) {
      std::array<char, 8> escaped{};
      std::snprintf(escaped.data(), escaped.size(), "\\u%04x", static_cast<unsigned>(byte));
      out += escaped.data();
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
    out += ",\"subject\":" + json_quoted(d.subject) + ",\"sentence\":" + json_quoted(d.sentence);
    if (!d.did_you_mean.empty()) out += ",\"did_you_mean\":" + json_quoted(d.did_you_mean);
    if (d.other_place) {
      out += ",";
      append_place(out, "other_", *d.other_place);
    }
    out += "}";
  }
  return out + "]}";
}

}  // namespace sluice::engine
