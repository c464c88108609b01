// SPDX-License-Identifier: Apache-2.0
#include "source_mask.hpp"

#include <algorithm>

#include "secret_words.hpp"
#include "source_scanner.hpp"

namespace sluice::engine {
namespace {

constexpr std::string_view structure = " \t\r{}[],:-?|>&*";
constexpr std::size_t longest_key = 48;

bool is_key(std::string_view text) {
  return !text.empty() && text.size() <= longest_key && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  });
}

std::string_view without_quotes(std::string_view text) {
  const bool is_quoted =
      text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front();
  return is_quoted ? text.substr(1, text.size() - 2) : text;
}

std::vector<SourceMask::Token> scanned(std::string_view text) {
  std::set<std::string> anchors;
  // An alias of a secret may refer to an anchor that refers to another.
  for (int round = 0; round < 4; ++round) {
    SourceScanner scanner(text, anchors);
    std::vector<SourceMask::Token> tokens = scanner.scan();
    const std::size_t before = anchors.size();
    anchors.insert(scanner.anchors().begin(), scanner.anchors().end());
    if (anchors.size() == before) return tokens;
  }
  return SourceScanner(text, anchors).scan();
}

}  // namespace

SourceMask::SourceMask(std::string_view text) : text_(text), tokens_(scanned(text)) {}

std::vector<std::string_view> SourceMask::secrets() const {
  std::vector<std::string_view> found;
  for (const Token& token : tokens_) {
    if (token.is_secret) found.push_back(without_quotes(text_.substr(token.begin, token.end - token.begin)));
  }
  return found;
}

bool SourceMask::has_secret(std::size_t begin, std::size_t end) const {
  auto token = std::partition_point(tokens_.begin(), tokens_.end(), [&](const Token& t) { return t.end <= begin; });
  for (; token != tokens_.end() && token->begin < end; ++token) {
    if (token->is_secret) return true;
  }
  return false;
}

std::vector<SourceMask::Piece> SourceMask::line(std::size_t begin, std::size_t end, const Secrecy& secrecy) const {
  if (!has_secret(begin, end)) return {{begin, end, std::string(text_.substr(begin, end - begin)), true}};
  std::vector<Piece> pieces;
  const auto show = [&](std::size_t from, std::size_t to) {
    if (from < to) pieces.push_back({from, to, std::string(text_.substr(from, to - from)), true});
  };
  const auto hide = [&](std::size_t from, std::size_t to) {
    if (from < to) pieces.push_back({from, to, std::string(secret_mark), false});
  };
  const auto between = [&](std::size_t from, std::size_t to) {
    const std::string_view gap = text_.substr(from, to - from);
    gap.find_first_not_of(structure) == std::string_view::npos ? show(from, to) : hide(from, to);
  };
  std::size_t at = begin;
  bool is_behind_secret = false;
  bool names_type = false;
  auto token = std::partition_point(tokens_.begin(), tokens_.end(), [&](const Token& t) { return t.end <= begin; });
  for (; token != tokens_.end() && token->begin < end; ++token) {
    const std::size_t from = std::max(token->begin, begin);
    const std::size_t to = std::min(token->end, end);
    between(at, from);
    at = to;
    const std::string_view text = without_quotes(text_.substr(token->begin, token->end - token->begin));
    const bool is_shown = token->kind == Kind::key     ? is_key(text) && (!is_behind_secret || secrecy.is_known(text))
                          : token->kind == Kind::value ? secrecy.is_harmless(text) || (names_type && is_key(text))
                                                       : false;
    names_type = token->kind == Kind::key && text == "type" && !is_behind_secret;
    is_behind_secret = is_behind_secret || token->is_secret;
    !token->is_secret&& is_shown ? show(from, to) : hide(from, to);
  }
  between(at, end);
  return pieces;
}

}  // namespace sluice::engine
