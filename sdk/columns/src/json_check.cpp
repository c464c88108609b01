// SPDX-License-Identifier: Apache-2.0
#include "json_check.hpp"

#include <simdjson.h>

namespace sluice {
inline namespace v1 {
namespace columns {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/// Reads from the front; each function says whether what it is named after stood there.
class Reader {
 public:
  explicit Reader(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}
  bool done() const { return at_ == end_; }
  char next() const { return done() ? '\0' : *at_; }
  bool take(char c) {
    if (next() != c || done()) return false;
    ++at_;
    return true;
  }
  void white_space() {
    while (!done() && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }
  bool word(std::string_view expected) {
    if (std::string_view(at_, static_cast<size_t>(end_ - at_)).substr(0, expected.size()) != expected) return false;
    at_ += expected.size();
    return true;
  }
  bool digits() {
    if (!is_digit(next())) return false;
    while (is_digit(next())) ++at_;
    return true;
  }
  bool number() {
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (!take('e') && !take('E')) return true;
    if (!take('+')) take('-');
    return digits();
  }
  bool string() {
    if (!take('"')) return false;
    while (!done()) {
      const char c = *at_++;
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c == '\\' && !escape()) return false;
    }
    return false;
  }

 private:
  bool escape() {
    if (done()) return false;
    const char c = *at_++;
    if (c != 'u') return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos;
    for (int i = 0; i < 4; ++i) {
      if (!is_hex(next())) return false;
      ++at_;
    }
    return true;
  }
  const char* at_;
  const char* const end_;
};

bool is_scalar(Reader& in) {
  switch (in.next()) {
    case '"':
      return in.string();
    case 't':
      return in.word("true");
    case 'f':
      return in.word("false");
    case 'n':
      return in.word("null");
    default:
      return in.number();
  }
}

bool is_key(Reader& in) {
  in.white_space();
  if (!in.string()) return false;
  in.white_space();
  return in.take(':');
}

}  // namespace

bool is_json_number(std::string_view text) {
  Reader in(text);
  return in.number() && in.done();
}

bool JsonCheck::is_json(std::string_view text) {
  if (!simdjson::validate_utf8(text.data(), text.size())) return false;
  open_.clear();
  Reader in(text);
  while (true) {
    in.white_space();
    const char first = in.next();
    if (first == '{' || first == '[') {
      in.take(first);
      in.white_space();
      const bool is_list = first == '[';
      if (!in.take(is_list ? ']' : '}')) {
        open_.push_back(first);
        if (!is_list && !is_key(in)) return false;
        continue;
      }
    } else if (!is_scalar(in)) {
      return false;
    }
    // Behind a value.
    in.white_space();
    while (!open_.empty() && in.take(open_.back() == '[' ? ']' : '}')) {
      open_.pop_back();
      in.white_space();
    }
    if (open_.empty()) return in.done();
    if (!in.take(',')) return false;
    if (open_.back() == '{' && !is_key(in)) return false;
  }
}

}  // namespace columns
}  // namespace v1
}  // namespace sluice
