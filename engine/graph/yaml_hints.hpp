// SPDX-License-Identifier: Apache-2.0
// Turns the parser's terse errors into sentences that say what to do, and recognises the commonest slip of a graph's
// author: an unquoted ${...} inside {} or []. Looks at the text around the parser's mark; changes nothing.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "source_text.hpp"

namespace sluice::engine {

// A part of the text that was hidden from the parser.
struct MaskedSpan {
  std::size_t offset = 0;
  std::size_t length = 0;
  bool closed = false;  // it has its }
};

// The ${...} that the parser stumbled over at `offset`, if that is what happened.
std::optional<MaskedSpan> find_unquoted_variable(std::string_view text, std::size_t offset);

// The whole unquoted value around a part of it, on its line: what the quotes must enclose.
std::string_view value_around(std::string_view text, const MaskedSpan& part);

// What is wrong where the parser gave up, and where: an unclosed bracket or a lost colon stands before that place.
struct SyntaxProblem {
  Place place;
  std::string sentence;
};
SyntaxProblem explain_syntax_error(const std::string& message, const SourceText& source, int line_index,
                                   int byte_column);

}  // namespace sluice::engine
