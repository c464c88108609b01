// SPDX-License-Identifier: Apache-2.0
#include "variables.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "secret_words.hpp"

namespace sluice::engine {
namespace {

constexpr std::string_view accepted = "write ${NAME}, ${NAME:-default} or ${file:/path}, and $$ for a dollar";

bool is_name(std::string_view text) {
  if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
  for (const char c : text) {
    const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    if (!good) return false;
  }
  return true;
}

struct Variable {
  std::string name;
  std::string path;  // of a file; then there is no name
  std::optional<std::string> default_text;
};

ParseProblem malformed(std::string_view text, std::string_view why) {
  return {Code::bad_variable, quoted(text) + " " + std::string(why) + "; " + std::string(accepted)};
}

// What stands between ${ and }.
Parsed<Variable> parse_variable(std::string_view body) {
  const std::string shown = "${" + std::string(body) + "}";
  if (body.starts_with("file:")) {
    const std::string_view path = body.substr(5);
    if (path.empty()) return malformed(shown, "names no file");
    return Variable{{}, std::string(path), std::nullopt};
  }
  const std::size_t colon = body.find(":-");
  const std::string_view name = body.substr(0, colon);
  if (!is_name(name)) return malformed(shown, "is not a variable");
  if (colon == std::string_view::npos) return Variable{std::string(name), {}, std::nullopt};
  const std::string_view default_text = body.substr(colon + 2);
  if (default_text.find("${") != std::string_view::npos) {
    return malformed(shown + "}", "has a variable inside a variable");
  }
  return Variable{std::string(name), {}, std::string(default_text)};
}

// Calls literal(text) and variable(Variable) -> optional<ParseProblem> for the parts of a value, in order.
template <typename Literal, typename OnVariable>
std::optional<ParseProblem> for_each_part(std::string_view text, Literal literal, OnVariable on_variable) {
  while (!text.empty()) {
    const std::size_t dollar = text.find('$');
    literal(text.substr(0, dollar));
    if (dollar == std::string_view::npos) return std::nullopt;
    text.remove_prefix(dollar);
    if (text.starts_with("$$")) {
      literal("$");
      text.remove_prefix(2);
    } else if (text.starts_with("${")) {
      const std::size_t end = text.find('}');
      if (end == std::string_view::npos) return malformed(text, "has no closing }");
      const Parsed<Variable> variable = parse_variable(text.substr(2, end - 2));
      if (!variable) return variable.problem();
      if (auto problem = on_variable(*variable)) return problem;
      text.remove_prefix(end + 1);
    } else {
      literal("$");
      text.remove_prefix(1);
    }
  }
  return std::nullopt;
}

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

// $NAME without braces at the beginning of a word: all in capitals, as variables are, or the whole value. A dollar
// elsewhere, as in a password or a price, is one.
std::string_view bare_variable(std::string_view text) {
  for (std::size_t at = text.find('$'); at < text.size(); at = text.find('$', at + 1)) {
    if (at + 1 == text.size()) break;
    if (text[at + 1] == '$') {
      ++at;
      continue;
    }
    // A default is taken as it is written.
    if (text[at + 1] == '{') {
      at = std::min(text.find('}', at), text.size() - 1);
      continue;
    }
    std::size_t end = at + 1;
    while (end < text.size() && is_word(text[end])) ++end;
    const std::string_view name = text.substr(at + 1, end - at - 1);
    if (!is_name(name) || (at > 0 && is_word(text[at - 1]))) continue;
    const bool is_capital = std::none_of(name.begin(), name.end(), [](char c) { return c >= 'a' && c <= 'z'; });
    if ((is_capital && name.size() > 1) || name.size() + 1 == text.size()) return name;
  }
  return {};
}

}  // namespace

bool has_variables(std::string_view text) { return text.find('$') != std::string_view::npos; }

std::optional<ParseProblem> check_variables(std::string_view text) {
  return for_each_part(
      text, [](std::string_view) {}, [](const Variable&) -> std::optional<ParseProblem> { return std::nullopt; });
}

std::optional<ParseProblem> check_bare_variable(std::string_view text, bool is_secret) {
  const std::string name(bare_variable(text));
  const bool is_whole = name.size() + 1 == text.size();
  // A dollar within a password is one.
  if (name.empty() || (is_secret && !is_whole)) return std::nullopt;
  if (is_secret || looks_secret(text)) {
    return ParseProblem{Code::bad_variable,
                        "a dollar and a name without braces are plain text; write ${NAME} for a variable, and "
                        "$$ for a dollar"};
  }
  return ParseProblem{Code::bad_variable, "\"$" + name + "\" is plain text, not a variable; did you mean ${" + name +
                                              "}? For a dollar, write $$" + name};
}

Parsed<Expanded> expand_variables(std::string_view text, const Environment& environment) {
  Expanded result;
  const auto literal = [&](std::string_view part) { result.text += part; };
  const auto variable = [&](const Variable& found) -> std::optional<ParseProblem> {
    if (!found.path.empty()) {
      const Parsed<std::string> contents = environment.file(found.path);
      if (!contents) return contents.problem();
      result.text += *contents;
      result.secret = true;
      result.is_from_file = true;
      return std::nullopt;
    }
    result.secret = result.secret || names_secret(found.name);
    const std::optional<std::string> value = environment.variable(found.name);
    if (value && !(value->empty() && found.default_text)) {
      result.text += *value;
    } else if (found.default_text) {
      result.text += *found.default_text;
    } else {
      return ParseProblem{Code::unset_variable, "the environment variable " + found.name +
                                                    " is not set; set it, or give a default: ${" + found.name +
                                                    ":-...}"};
    }
    return std::nullopt;
  };
  if (auto problem = for_each_part(text, literal, variable)) return *std::move(problem);
  return result;
}

namespace {

void expand_in_place(YamlNode& node, const Environment& environment, const std::string& subject,
                     Diagnostics& diagnostics) {
  if (node.is_scalar() && has_variables(node.text)) {
    Parsed<Expanded> expanded = expand_variables(node.text, environment);
    if (expanded) {
      node.text = std::move(expanded->text);
      node.secret = node.secret || expanded->secret;
    } else {
      diagnostics.error(expanded.problem().code, node.place, subject, expanded.problem().sentence);
    }
  }
  for (YamlNode& item : node.items) expand_in_place(item, environment, subject, diagnostics);
  for (YamlEntry& entry : node.entries) expand_in_place(entry.value, environment, subject, diagnostics);
}

}  // namespace

YamlNode expand_tree(const YamlNode& node, const Environment& environment, const std::string& subject,
                     Diagnostics& diagnostics) {
  YamlNode result = node;
  expand_in_place(result, environment, subject, diagnostics);
  return result;
}

void check_tree(const YamlNode& node, const std::string& subject, Diagnostics& diagnostics, bool is_secret) {
  if (node.is_scalar()) {
    auto problem = check_variables(node.text);
    if (!problem) problem = check_bare_variable(node.text, is_secret);
    if (problem) diagnostics.error(problem->code, node.place, subject, problem->sentence);
  }
  for (const YamlNode& item : node.items) check_tree(item, subject, diagnostics, is_secret);
  for (const YamlEntry& entry : node.entries) {
    check_tree(entry.value, subject, diagnostics, is_secret || names_secret(entry.key));
  }
}

}  // namespace sluice::engine
