// SPDX-License-Identifier: Apache-2.0
#include "source_scanner.hpp"

#include <algorithm>

#include "secret_words.hpp"

namespace sluice::engine {
namespace {

constexpr std::size_t longest_variable = 256;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool ends_word(char c) { return is_blank(c) || c == '\n'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// Bytes of the plain key that `line` begins with, up to its colon; npos: none.
std::size_t plain_key(std::string_view line) {
  for (std::size_t i = line.find(':'); i != std::string_view::npos; i = line.find(':', i + 1)) {
    if (i + 1 == line.size() || ends_word(line[i + 1])) return i;
  }
  return std::string_view::npos;
}

bool begins_item(std::string_view line) {
  return line.starts_with("- ") || line == "-" || line.starts_with("? ") || line == "-\r";
}

// A line that no value goes on with: an item, or a key of plain letters.
bool is_structured(std::string_view line) {
  line = trimmed(line);
  if (begins_item(line) || line.starts_with('#') || line.starts_with("---")) return true;
  if (line.starts_with('"') || line.starts_with('\'')) return plain_key(line) != std::string_view::npos;
  const std::size_t key = plain_key(line);
  return key != std::string_view::npos && key > 0 &&
         line.substr(0, key).find_first_of(" \t\"'{}[],") == std::string_view::npos;
}

// |, >-, |2 and the like, with nothing behind.
bool is_block_header(std::string_view rest) {
  rest = trimmed(rest.substr(0, rest.find(" #")));
  return !rest.empty() && (rest[0] == '|' || rest[0] == '>') &&
         rest.find_first_not_of("+-0123456789", 1) == std::string_view::npos;
}

}  // namespace

std::vector<SourceMask::Token> SourceScanner::scan() {
  while (!ended()) scan_line();
  return std::move(tokens_);
}

void SourceScanner::skip_blanks() {
  while (!ended() && is_blank(text_[at_])) ++at_;
}

void SourceScanner::add(std::size_t begin, std::size_t end, Kind kind, bool is_secret) {
  while (end > begin && ends_word(text_[end - 1])) --end;
  while (begin < end && ends_word(text_[begin])) ++begin;
  if (begin < end) tokens_.push_back({begin, end, kind, is_secret});
}

void SourceScanner::scan_line() {
  const std::size_t begin = at_;
  skip_blanks();
  const std::size_t end = line_end(at_);
  const std::string_view rest = text_.substr(at_, end - at_);
  if (!rest.empty() && goes_on_secret_ && !is_structured(rest) && rest[0] != '}' && rest[0] != ']') {
    add(at_, end, Kind::value, true);
    at_ = end;
  } else if (!rest.empty()) {
    scan_node(at_ - begin);
  }
  at_ = std::min(line_end(at_) + 1, text_.size());
}

// &anchor, *alias and !tag; whether what follows is secret by its anchor.
bool SourceScanner::scan_marks(bool is_secret) {
  bool is_anchored = false;
  while (!ended() && (here() == '&' || here() == '*' || here() == '!')) {
    const std::size_t begin = at_;
    while (!ended() && !ends_word(here()) && here() != ',' && here() != ']' && here() != '}') ++at_;
    const std::string name(text_.substr(begin + 1, at_ - begin - 1));
    const bool refers = text_[begin] != '!';
    is_anchored = is_anchored || (text_[begin] == '&' && (secret_anchors_.contains(name) || names_secret(name)));
    if (refers && is_secret) found_anchors_.insert(name);
    add(begin, at_, Kind::value, is_secret && text_[begin] != '*' && text_[begin] != '&');
    skip_blanks();
  }
  return is_anchored;
}

void SourceScanner::scan_node(std::size_t column) {
  const std::size_t line = at_ - column;
  const std::size_t end = line_end(at_);
  while (begins_item(text_.substr(at_, end - at_))) {
    while (!owners_.empty() && owners_.back().column > column) owners_.pop_back();
    goes_on_secret_ = owner_is_secret();
    ++at_;
    skip_blanks();
    column = at_ - line;
    if (at_ >= end) return;
  }
  while (!owners_.empty() && owners_.back().column >= column) owners_.pop_back();
  // Key behind key on one line is no YAML, but may hold a secret all the same.
  for (bool is_behind_key = false; scan_key(column, end, is_behind_key); is_behind_key = true) continue;
}

// A key and its colon, and then there is more on the line; or a value, and nothing more.
bool SourceScanner::scan_key(std::size_t column, std::size_t end, bool is_behind_key) {
  const bool is_anchored = scan_marks(owner_is_secret());
  const bool is_secret = owner_is_secret() || is_anchored;
  if (is_anchored && !owners_.empty()) owners_.back().is_secret = true;
  goes_on_secret_ = is_secret;
  if (at_ >= end) return false;
  const std::string_view rest = text_.substr(at_, end - at_);
  const std::size_t begin = at_;
  std::size_t key_end = std::string_view::npos;
  if (rest[0] == '#') {
    add(at_, end, Kind::comment, is_secret || looks_secret(rest));
    at_ = end;
  } else if (rest[0] == '{' || rest[0] == '[') {
    scan_flow(is_secret);
    scan_rest(is_secret);
  } else if ((rest[0] == '|' || rest[0] == '>') && is_block_header(rest)) {
    at_ = end;
    scan_block(owners_.empty() ? 0 : owners_.back().column + 1, is_secret);
  } else if (rest[0] == '"' || rest[0] == '\'') {
    const std::size_t close = scan_quoted();
    at_ = close;
    skip_blanks();
    if (here() == ':' && !is_secret) {
      key_end = close;
    } else {
      const bool hides = is_secret || looks_secret(text_.substr(begin, close - begin));
      add(begin, close, Kind::value, hides);
      goes_on_secret_ = hides;
      scan_rest(hides);
    }
  } else if (const std::size_t key = plain_key(rest); key != std::string_view::npos && !(is_secret && is_behind_key)) {
    at_ = key_end = begin + key;
  } else if (is_secret) {
    add(at_, end, Kind::value, true);
    at_ = end;
  } else {
    scan_plain(owners_.empty() ? 0 : owners_.back().column, end);
  }
  if (key_end == std::string_view::npos) return false;
  const std::string_view name = text_.substr(begin, key_end - begin);
  add(begin, key_end, Kind::key, looks_secret(name));
  owners_.push_back({column, is_secret || names_secret(name)});
  ++at_;
  skip_blanks();
  goes_on_secret_ = owner_is_secret();
  return at_ < end;
}

// What stands behind a value on its line: a comment, or what does not belong there.
void SourceScanner::scan_rest(bool is_secret) {
  skip_blanks();
  const std::size_t end = line_end(at_);
  const std::string_view rest = text_.substr(at_, end - at_);
  if (!rest.empty()) {
    add(at_, end, rest[0] == '#' ? Kind::comment : Kind::value, is_secret || looks_secret(rest));
  }
  at_ = end;
}

// The lines below that are at least as deep as `column`.
void SourceScanner::scan_block(std::size_t column, bool is_secret) {
  const std::size_t begin = at_;
  std::size_t end = at_;
  while (end < text_.size()) {
    const std::size_t next = end + 1;
    const std::size_t next_end = line_end(next);
    const std::string_view line = text_.substr(std::min(next, text_.size()), next_end - std::min(next, next_end));
    const std::size_t depth = std::min(line.find_first_not_of(" \t\r"), line.size());
    if (depth < line.size() && depth < column) break;
    end = next_end;
    if (next >= text_.size()) break;
  }
  const bool hides = is_secret || looks_secret(text_.substr(begin, end - begin));
  add(begin, end, Kind::value, hides);
  goes_on_secret_ = hides;
  at_ = std::min(end, text_.size());
}

void SourceScanner::scan_plain(std::size_t owner_column, std::size_t end) {
  const std::size_t begin = at_;
  const std::size_t comment = text_.substr(begin, end - begin).find(" #");
  if (comment == std::string_view::npos) {
    // A value may go on in deeper lines.
    while (end < text_.size()) {
      const std::size_t next_end = line_end(end + 1);
      const std::string_view line = text_.substr(end + 1, next_end - end - 1);
      const std::size_t depth = std::min(line.find_first_not_of(" \t\r"), line.size());
      if (depth == line.size() || depth <= owner_column || is_structured(line)) break;
      end = next_end;
    }
  }
  const std::size_t value_end = comment == std::string_view::npos ? end : begin + comment;
  const bool hides = looks_secret(text_.substr(begin, end - begin));
  add(begin, value_end, Kind::value, hides);
  if (value_end < end) add(value_end, end, Kind::comment, hides);
  goes_on_secret_ = hides;
  at_ = end;
}

// Where the quoted text that begins here ends. A quote that is not closed ends before the next key.
std::size_t SourceScanner::scan_quoted() {
  const char quote = text_[at_];
  for (std::size_t i = at_ + 1; i < text_.size(); ++i) {
    if (text_[i] == '\\' && quote == '"') {
      ++i;
    } else if (text_[i] == quote) {
      if (quote == '"' || i + 1 >= text_.size() || text_[i + 1] != quote) return i + 1;
      ++i;
    } else if (text_[i] == '\n' && is_structured(text_.substr(i + 1, line_end(i + 1) - i - 1))) {
      return i;
    }
  }
  return text_.size();
}

void SourceScanner::scan_flow(bool is_secret) {
  // Of each open { and [: whether all of it is secret.
  std::vector<bool> open;
  bool value_is_secret = is_secret;
  do {
    const char c = here();
    if (c == '{' || c == '[') {
      open.push_back(value_is_secret);
      ++at_;
    } else if (c == '}' || c == ']') {
      value_is_secret = open.back();
      open.pop_back();
      ++at_;
    } else if (c == ',') {
      value_is_secret = open.back();
      ++at_;
    } else if (ends_word(c) || c == ':') {
      ++at_;
    } else if (c == '#') {
      const std::size_t end = line_end(at_);
      add(at_, end, Kind::comment, value_is_secret || looks_secret(text_.substr(at_, end - at_)));
      at_ = end;
    } else if (c == '&' || c == '*' || c == '!') {
      value_is_secret = scan_marks(value_is_secret) || value_is_secret;
    } else {
      scan_flow_scalar(open.back(), value_is_secret);
    }
  } while (!ended() && !open.empty());
  goes_on_secret_ = value_is_secret;
}

void SourceScanner::scan_flow_scalar(bool frame_is_secret, bool& value_is_secret) {
  const std::size_t begin = at_;
  std::size_t end = at_;
  if (here() == '"' || here() == '\'') {
    end = scan_quoted();
    at_ = end;
    // What stands behind the closing quote is part of what was meant.
    while (!ended() && std::string_view(",]}\n:").find(here()) == std::string_view::npos) ++at_;
    if (!trimmed(text_.substr(end, at_ - end)).empty()) end = at_;
    at_ = end;
    skip_blanks();
  } else {
    const std::size_t last = line_end(at_);
    while (at_ < last) {
      const std::string_view rest = text_.substr(at_, last - at_);
      const std::size_t closing =
          rest.starts_with("${") ? rest.substr(0, longest_variable).find('}') : std::string_view::npos;
      if (closing != std::string_view::npos) {
        at_ += closing + 1;
        continue;
      }
      if (std::string_view(",[]{}").find(rest[0]) != std::string_view::npos || rest.starts_with(" #")) break;
      const bool is_colon = rest[0] == ':' && (rest.size() == 1 || ends_word(rest[1]) || rest[1] == '{' ||
                                               rest[1] == '[' || rest[1] == ',' || rest[1] == '}');
      if (is_colon) break;
      ++at_;
    }
    end = at_;
    if (end == begin) at_ = end = begin + 1;
  }
  const std::string_view text = text_.substr(begin, end - begin);
  if (here() == ':') {
    value_is_secret = frame_is_secret || names_secret(text);
    add(begin, end, Kind::key, frame_is_secret || looks_secret(text));
    ++at_;
    return;
  }
  value_is_secret = value_is_secret || looks_secret(text);
  add(begin, end, Kind::value, value_is_secret);
}

}  // namespace sluice::engine
