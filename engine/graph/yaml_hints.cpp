// SPDX-License-Identifier: Apache-2.0
#include "yaml_hints.hpp"

#include <algorithm>
#include <array>

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

std::string explain_syntax_error(const std::string& message, const SourceText& source, int line_index,
                                 int byte_column) {
  const std::string_view line = source.line(line_index + 1);
  if (indented_by_tab(line)) return "a tab cannot indent in YAML; use spaces";
  if (source.offset(line_index, byte_column) >= source.text().size() && message.starts_with("end of")) {
    return "the file ends inside of a { or [ that is not closed";
  }
  const auto known = std::find_if(explanations.begin(), explanations.end(),
                                  [&](const Explanation& e) { return message == e.message; });
  if (known != explanations.end()) return std::string(known->sentence);
  return "this is not YAML: " + message;
}

}  // namespace sluice::engine
