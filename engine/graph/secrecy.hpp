// SPDX-License-Identifier: Apache-2.0
// What must not show of one graph, and what is known to be harmless. Whoever reads a value that is secret hides it
// here; whoever shows a sentence or a line asks here. A hidden text is masked wherever it occurs, as a whole or as its
// beginning; a text shorter than four bytes cannot be found that way, and shows by the rules of secret_words.hpp alone.
#pragma once
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sluice::engine {

class Secrecy {
 public:
  // A secret value, with the parts of it that might be quoted.
  void hide(std::string_view value);
  // A word that shows beside secrets: the name of an option, a node, a node type.
  void know(std::string_view word) { known_.emplace(word); }
  void absorb(const Secrecy& other);

  // Of one word, or of an edge whose ends are known; of numbers with their units, and of ${NAME}.
  bool is_harmless(std::string_view value) const;
  bool is_known(std::string_view word) const;
  std::string masked(std::string_view sentence) const;

 private:
  std::size_t secret_at(std::string_view sentence, std::size_t at) const;

  std::set<std::string, std::less<>> known_;
  std::set<std::string, std::less<>> hidden_;
  std::unordered_map<std::string, std::vector<std::string>> by_beginning_;
};

}  // namespace sluice::engine
