// SPDX-License-Identifier: Apache-2.0
#include "yaml_hints.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "secret_words.hpp"

namespace sluice::engine {
namespace {

struct Explanation {
  std::string_view message;
  std::string_view sentence;
};

constexpr auto explanations = std::to_array<Explanation>({
    {"end of map flow not found", "the { before this is not closed with }, or a comma is missing here"},
    {"end of sequence flow not found", "the [ before this is not closed with ], or a comma is missing here"},
    {"illegal flow end", "this bracket closes nothing that was opened"},
    {"illegal map value", "a ':' does not fit here; quote the value if it holds ': ', and check the indentation"},
    {"illegal map key", "a '?' does not fit here; quote the value that begins with it"},
    {"illegal block entry", "a '- ' does not fit here; check the indentation"},
    {"end of map not found", "the indentation does not match the lines above"},
    {"end of sequence not found", "the indentation does not match the list above; each item begins with '- '"},
    {"illegal tab when looking for indentation", "a tab cannot indent in YAML; use spaces"},
    {"unknown token", "this character cannot begin a value; put the value in quotes"},
    {"illegal document indicator in scalar", "the quote before this is not closed"},
    {"illegal EOF in scalar", "the quote before this is not closed"},
    {"the referenced anchor is not defined", "no anchor of this name stands above"},
    {"alias not found after *", "'*' begins an alias in YAML; put the value in quotes if none is meant"},
    {"anchor not found after &", "'&' begins an anchor in YAML; put the value in quotes if none is meant"},
    {"illegal character found while scanning alias", "'*' begins an alias in YAML; put the value in quotes"},
    {"illegal character found while scanning anchor", "'&' begins an anchor in YAML; put the value in quotes"},
});

bool indented_by_tab(std::string_view line) {
  const std::size_t text = line.find_first_not_of(" \t");
  return line.substr(0, text).find('\t') != std::string_view::npos;
}

MaskedSpan variable_at(std::string_view text, std::size_t dollar) {
  std::size_t depth = 0;
  for (std::size_t i = dollar + 1; i < text.size() && text[i] != '\n'; ++i) {
    if (text[i] == '{') ++depth;
    if (text[i] == '}' && --depth == 0) return {dollar, i + 1 - dollar, true};
  }
  const std::size_t end = std::min(text.find_first_of(" ,\n", dollar), text.size());
  return {dollar, end - dollar, false};
}

}  // namespace

std::optional<MaskedSpan> find_unquoted_variable(std::string_view text, std::size_t offset) {
  if (offset > 0 && offset < text.size() && text[offset] == '{' && text[offset - 1] == '$') {
    return variable_at(text, offset - 1);
  }
  return std::nullopt;
}

std::string_view value_around(std::string_view text, const MaskedSpan& part) {
  std::size_t begin = part.offset;
  while (begin > 0 && std::string_view(" \t\n,[{\"'").find(text[begin - 1]) == std::string_view::npos) --begin;
  std::size_t end = part.offset + part.length;
  while (end < text.size()) {
    if (text.substr(end).starts_with("${")) {
      end += variable_at(text, end).length;
    } else if (std::string_view(" \t\r\n,]}").find(text[end]) != std::string_view::npos) {
      break;
    } else {
      ++end;
    }
  }
  return text.substr(begin, end - begin);
}

namespace {

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

std::string_view first_word(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && is_word_character(text[end])) ++end;
  return text.substr(0, end);
}

std::string_view without_indent(std::string_view line) {
  return line.substr(std::min(line.find_first_not_of(' '), line.size()));
}

// A line that begins with a key, or with an item that does.
bool begins_with_key(std::string_view line) {
  line = without_indent(line);
  while (line.starts_with("- ")) line = without_indent(line.substr(2));
  if (line.starts_with('"') || line.starts_with('\'')) return line.find(':') != std::string_view::npos;
  const std::string_view rest = line.substr(first_word(line).size());
  return rest.size() < line.size() && (rest == ":" || rest.starts_with(": "));
}

// The bracket that is open at `offset`, the innermost one. Quotes count where a value can begin.
std::optional<std::size_t> open_bracket(std::string_view text, std::size_t offset) {
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < std::min(offset, text.size()); ++i) {
    const char c = text[i];
    const char before = i == 0 ? '\n' : text[i - 1];
    const bool begins = std::string_view(" \t\n,[{:").find(before) != std::string_view::npos;
    if (c == '#' && (before == ' ' || before == '\n')) {
      i = std::min(text.find('\n', i), text.size());
    } else if ((c == '"' || c == '\'') && begins) {
      const std::size_t close = text.find(c, i + 1);
      if (close == std::string_view::npos || close >= offset) break;
      i = close;
    } else if (c == '{' || c == '[') {
      open.push_back(i);
    } else if ((c == '}' || c == ']') && !open.empty()) {
      open.pop_back();
    }
  }
  if (open.empty()) return std::nullopt;
  return open.back();
}

// Where a key has lost its colon: a line before the one where YAML notices, or that line itself.
std::optional<SyntaxProblem> missing_colon(const SourceText& source, int line_index) {
  const auto problem = [&](int index, std::string_view word) {
    const std::string_view line = source.line(index + 1);
    return SyntaxProblem{source.place(index, static_cast<int>(line.size() - without_indent(line).size())),
                         "a ':' is missing behind " + quoted(word)};
  };
  const std::string_view here = without_indent(source.line(line_index + 1));
  if (const std::string_view word = first_word(here); !word.empty() && here.substr(word.size()).starts_with(" {")) {
    return problem(line_index, word);
  }
  std::optional<SyntaxProblem> found;
  for (int index = line_index - 1; index >= 0; --index) {
    const std::string_view line = without_indent(source.line(index + 1));
    if (line.empty() || line.starts_with('#')) continue;
    if (begins_with_key(line) || line.starts_with("---")) break;
    if (line.starts_with('-')) continue;
    found = first_word(line).empty() ? std::nullopt : std::optional(problem(index, first_word(line)));
  }
  return found;
}

}  // namespace

SyntaxProblem explain_syntax_error(const std::string& message, const SourceText& source, int line_index,
                                   int byte_column) {
  const Place place = source.place(line_index, byte_column);
  const std::string_view line = source.line(line_index + 1);
  if (indented_by_tab(line)) return {place, "a tab cannot indent in YAML; use spaces"};
  const std::size_t offset = source.offset(line_index, byte_column);
  if (message.starts_with("end of ") && message.ends_with(" flow not found")) {
    const auto bracket = open_bracket(source.text(), offset);
    if (bracket && source.place_of_offset(*bracket).line < place.line) {
      const bool is_map = source.text()[*bracket] == '{';
      return {source.place_of_offset(*bracket), std::string("the ") + (is_map ? "{" : "[") +
                                                    " that begins here is not closed with " + (is_map ? "}" : "]")};
    }
    if (offset >= source.text().size()) return {place, "the file ends inside of a { or [ that is not closed"};
  }
  if (message == "illegal map value") {
    if (auto colon = missing_colon(source, line_index)) return *std::move(colon);
  }
  const auto known = std::find_if(explanations.begin(), explanations.end(),
                                  [&](const Explanation& e) { return message == e.message; });
  if (known != explanations.end()) return {place, std::string(known->sentence)};
  return {place, "this is not YAML: " + message};
}

}  // namespace sluice::engine
