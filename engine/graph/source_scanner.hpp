// SPDX-License-Identifier: Apache-2.0
// Takes a text apart into keys, values and comments, and says which values are secret. Never fails: where the text is
// not YAML, it goes on as a person would read it. Internal to source_mask.cpp.
#pragma once
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "source_mask.hpp"

namespace sluice::engine {

class SourceScanner {
 public:
  SourceScanner(std::string_view text, const std::set<std::string>& secret_anchors)
      : text_(text), secret_anchors_(secret_anchors) {}

  std::vector<SourceMask::Token> scan();
  // Anchors that a secret is referred to by: read again with these, where there are more than before.
  const std::set<std::string>& anchors() const { return found_anchors_; }

 private:
  using Kind = SourceMask::Kind;
  // A key of a block map whose value goes on in deeper lines.
  struct Owner {
    std::size_t column = 0;
    bool is_secret = false;
  };

  bool ended() const { return at_ >= text_.size(); }
  char here() const { return ended() ? '\n' : text_[at_]; }
  // Remembered, as the end of one huge line is asked for at every word of it.
  std::size_t line_end(std::size_t from) {
    if (from < known_from_ || from > known_end_) {
      known_from_ = from;
      known_end_ = std::min(text_.find('\n', from), text_.size());
    }
    return known_end_;
  }
  void skip_blanks();
  void add(std::size_t begin, std::size_t end, Kind kind, bool is_secret);
  bool owner_is_secret() const { return !owners_.empty() && owners_.back().is_secret; }

  void scan_line();
  void scan_node(std::size_t column);
  bool scan_key(std::size_t column, std::size_t end, bool is_behind_key);
  bool scan_marks(bool is_secret);
  void scan_rest(bool is_secret);
  void scan_block(std::size_t owner_column, bool is_secret);
  void scan_plain(std::size_t owner_column, std::size_t end);
  std::size_t scan_quoted();
  void scan_flow(bool is_secret);
  void scan_flow_scalar(bool frame_is_secret, bool& value_is_secret);

  std::string_view text_;
  const std::set<std::string>& secret_anchors_;
  std::set<std::string> found_anchors_;
  std::size_t at_ = 0;
  std::size_t known_from_ = 1;
  std::size_t known_end_ = 0;
  std::vector<Owner> owners_;
  // The last value was secret, so a line that is neither key nor item goes on with it.
  bool goes_on_secret_ = false;
  std::vector<SourceMask::Token> tokens_;
};

}  // namespace sluice::engine
