// SPDX-License-Identifier: Apache-2.0
// Where secrets stand in the text of a graph, and what of a line may be shown. Reads the text by the shapes of YAML
// but does not need it to be YAML: what is behind a key that names a secret, under it, in a block scalar, in a quoted
// text of several lines, and what looks like a secret itself. On a line that has one, everything is masked but keys,
// punctuation and what is known to be harmless. Linear in the text.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "secrecy.hpp"

namespace sluice::engine {

class SourceMask {
 public:
  // The text must stay.
  explicit SourceMask(std::string_view text);

  // A part of a line, and what is shown for it.
  struct Piece {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string shown;
    bool is_verbatim = true;
  };
  // The line from byte `begin` to `end`, whole.
  std::vector<Piece> line(std::size_t begin, std::size_t end, const Secrecy& secrecy) const;

  // The secrets themselves, as they are written.
  std::vector<std::string_view> secrets() const;

  enum class Kind : unsigned char { key, value, comment };
  struct Token {
    std::size_t begin = 0;
    std::size_t end = 0;
    Kind kind = Kind::value;
    bool is_secret = false;
  };

 private:
  bool has_secret(std::size_t begin, std::size_t end) const;

  std::string_view text_;
  std::vector<Token> tokens_;  // in the order of the text
};

}  // namespace sluice::engine
