// SPDX-License-Identifier: Apache-2.0
#include "options/secrets.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "graph/secret_words.hpp"
#include "sluice/text.hpp"

namespace sluice::engine {
namespace {

/// Of keys of maps that are handed on to a library: sasl.password, ssl.key.pem. Others there, as ssl.ca.location, have
/// to show when they are wrong.
constexpr auto telling = std::to_array<std::string_view>(
    {"password", "passwd", "passphrase", "secret", "token", "credential", "jaas", "key.pem", "oauthbearer.config"});

bool is_telling(std::string_view key) {
  std::string lower(key);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::any_of(telling.begin(), telling.end(),
                     [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

std::string percent_decoded(std::string_view text) {
  const auto digit = [](char c) {
    constexpr std::string_view digits = "0123456789abcdef";
    return digits.find(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
  };
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool is_escape = text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) != std::string_view::npos &&
                           digit(text[i + 2]) != std::string_view::npos;
    out += is_escape ? static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2])) : text[i];
    if (is_escape) i += 2;
  }
  return out;
}

void hide_text(std::string_view text, Secrecy& secrecy) {
  secrecy.hide(text);
  if (text.find('%') != std::string_view::npos) secrecy.hide(percent_decoded(text));
}

/// "?sslmode=require&password=x", "host=h password='x y'": hides what telling keys are given. False: there was none.
bool hide_assigned(std::string_view text, Secrecy& secrecy) {
  bool any = false;
  for (size_t at = text.find('='); at != std::string_view::npos; at = text.find('=', at + 1)) {
    const size_t before = text.find_last_of(" \t?&;", at);
    const std::string_view key = text.substr(before == std::string_view::npos ? 0 : before + 1,
                                             at - (before == std::string_view::npos ? 0 : before + 1));
    if (!is_telling(key)) continue;
    std::string_view given = text.substr(at + 1);
    const bool is_quoted = given.starts_with('\'');
    if (is_quoted) given.remove_prefix(1);
    given = given.substr(0, is_quoted ? given.find('\'') : given.find_first_of(" \t&;"));
    if (!given.empty()) hide_text(given, secrecy);
    any = true;
  }
  return any;
}

void hide_value(std::string_view value, Secrecy& secrecy) {
  const size_t scheme = value.find("://");
  if (scheme == std::string_view::npos) {
    if (!hide_assigned(value, secrecy)) hide_text(value, secrecy);
    return;
  }
  const std::string_view rest = value.substr(scheme + 3);
  // Up to the last @: an address with an unescaped one in its password shows no part of it either.
  const size_t at = rest.rfind('@');
  const size_t colon = rest.find(':');
  if (at != std::string_view::npos && colon < at) hide_text(rest.substr(colon + 1, at - colon - 1), secrecy);
  if (const size_t query = rest.find('?'); query != std::string_view::npos) hide_assigned(rest.substr(query), secrecy);
}

void walk(const TypedConfig& config, const sluice_config& value, bool is_secret, Secrecy& secrecy) {
  is_secret = is_secret || config.is_masked(value) || is_telling(to_view(value.key));
  if (is_secret && value.kind != 0 && value.text.size > 0) hide_value(to_view(value.text), secrecy);
  for (uint64_t i = 0; i < value.item_count; ++i) walk(config, value.items[i], is_secret, secrecy);
}

}  // namespace

void hide_secrets(const TypedConfig& config, Secrecy& secrecy) { walk(config, config.root(), false, secrecy); }

}  // namespace sluice::engine
