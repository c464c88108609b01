// SPDX-License-Identifier: Apache-2.0
#include "yaml_document.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <exception>
#include <istream>
#include <streambuf>
#include <string>
#include <utility>
#include <vector>

#include "secret_words.hpp"
#include "units.hpp"
#include "utf8.hpp"
#include "yaml_builder.hpp"
#include "yaml_hints.hpp"

namespace sluice::engine {
namespace {

// An istringstream would copy the text once more for each attempt.
class ViewBuffer : public std::streambuf {
 public:
  explicit ViewBuffer(std::string& text) { setg(text.data(), text.data(), text.data() + text.size()); }
};

struct Attempt {
  std::optional<YamlNode> tree;
  std::optional<YAML::Exception> syntax;
  bool stopped = false;  // by a problem that is already reported
};

Attempt attempt(std::string& text, const SourceText& source, const std::vector<MaskedSpan>& masked,
                const YamlLimits& limits, Diagnostics& diagnostics) {
  Attempt result;
  ViewBuffer buffer(text);
  std::istream stream(&buffer);
  YamlBuilder builder(source, masked, limits, diagnostics);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
    result.tree = builder.take();
  } catch (const YamlBuilder::Stop&) {
    result.stopped = true;
  } catch (const YAML::Exception& error) {
    result.syntax = error;
  } catch (const std::exception& error) {
    diagnostics.error(Code::yaml_syntax, {}, {}, std::string("the text cannot be read as YAML: ") + error.what());
    result.stopped = true;
  }
  return result;
}

}  // namespace

std::optional<YamlNode> read_yaml(const SourceText& source, Diagnostics& diagnostics, const YamlLimits& limits) {
  if (source.text().size() > limits.bytes) {
    diagnostics.error(Code::yaml_too_large, {}, {},
                      "the file is larger than " + size_text(limits.bytes) + ", which no graph needs");
    return std::nullopt;
  }
  if (const auto problem = find_utf8_problem(source.text())) {
    diagnostics.error(Code::yaml_utf8, source.place_of_offset(problem->offset), {}, problem->sentence);
    return std::nullopt;
  }

  // An unquoted ${...} inside {} or [] ends the parser's work. It is reported, hidden behind a word of the same length,
  // and the text is read again, so that one pass shows what else is wrong.
  std::string text = source.text();
  std::vector<MaskedSpan> masked;
  constexpr std::size_t max_attempts = 32;
  constexpr std::size_t max_repeated_bytes = 64 * 1024;
  for (std::size_t tries = 1;; ++tries) {
    Diagnostics found;
    Attempt result = attempt(text, source, masked, limits, found);
    std::optional<MaskedSpan> variable;
    if (result.syntax) {
      variable = find_unquoted_variable(text, source.offset(result.syntax->mark.line, result.syntax->mark.column));
    }
    if (variable) {
      const std::string written(value_around(source.text(), *variable));
      diagnostics.error(Code::yaml_quote, source.place_of_offset(variable->offset), {},
                        "inside {} and [] YAML needs quotes around a variable; write " + quoted(written, 100));
      if (variable->closed && tries < max_attempts && text.size() <= max_repeated_bytes) {
        masked.push_back(*variable);
        text.replace(variable->offset, variable->length, variable->length, '_');
        continue;
      }
      return std::nullopt;
    }
    diagnostics.absorb(found);
    if (result.syntax) {
      const YAML::Mark& mark = result.syntax->mark;
      const SyntaxProblem problem = explain_syntax_error(result.syntax->msg, source, mark.line, mark.column);
      diagnostics.error(Code::yaml_syntax, problem.place, {}, problem.sentence);
      return std::nullopt;
    }
    if (result.stopped) return std::nullopt;
    return std::move(result.tree);
  }
}

}  // namespace sluice::engine
