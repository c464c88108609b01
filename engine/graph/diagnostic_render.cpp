// SPDX-License-Identifier: Apache-2.0
#include "diagnostic_render.hpp"

#include <algorithm>
#include <cstddef>

#include "json_writer.hpp"
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

std::string render_json(const Diagnostics& diagnostics, const SourceText& source) {
  JsonWriter json;
  json.begin_object()
      .member("file", source.file())
      .member("errors", diagnostics.errors())
      .member("warnings", diagnostics.warnings())
      .member("left_out", diagnostics.left_out());
  json.list("diagnostics", diagnostics.sorted(), [&](const Diagnostic& d) {
    const auto masked = [&](const std::string& text) { return diagnostics.secrecy().masked(text); };
    json.begin_object().member("code", word(d.code)).member("severity", severity_word(d.severity));
    json.member("line", d.place.line).member("column", d.place.column);
    json.member("subject", masked(d.subject)).member("sentence", masked(d.sentence));
    if (!d.did_you_mean.empty()) json.member("did_you_mean", masked(d.did_you_mean));
    if (d.other_place) json.member("other_line", d.other_place->line).member("other_column", d.other_place->column);
    json.end_object();
  });
  return json.end_object().take();
}

}  // namespace sluice::engine
