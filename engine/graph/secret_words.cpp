// SPDX-License-Identifier: Apache-2.0
#include "secret_words.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "did_you_mean.hpp"
#include "sluice/safe_text.hpp"

namespace sluice::engine {
namespace {

constexpr auto telling = std::to_array<std::string_view>(
    {"pass", "pwd", "pswd", "secret", "token", "credential", "apikey", "privatekey", "accesskey", "bearer", "jaas",
     "keystore", "truststore", "oauth", "hmac", "sasl", "keypem", "listenkey", "signature"});
constexpr auto telling_parts = std::to_array<std::string_view>({"pw", "psw", "auth", "ssl", "cred", "creds", "pin"});
constexpr auto often_misspelt = std::to_array<std::string_view>(
    {"password", "passwd", "secret", "token", "passphrase", "credential", "credentials"});

bool is_alphanumeric(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
char lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

// "dbPassWord_2" -> db, pass, word, 2
std::vector<std::string> parts_of(std::string_view name) {
  std::vector<std::string> parts(1);
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool begins = !is_alphanumeric(name[i]) || (is_upper(name[i]) && i > 0 && !is_upper(name[i - 1]));
    if (begins && !parts.back().empty()) parts.emplace_back();
    if (is_alphanumeric(name[i])) parts.back() += lower(name[i]);
  }
  return parts;
}

bool is_misspelt(std::string_view part) {
  return std::any_of(often_misspelt.begin(), often_misspelt.end(), [&](std::string_view word) {
    const std::size_t most = word.size() >= 8 ? 2 : 1;
    const std::size_t longer = std::max(word.size(), part.size());
    return longer - std::min(word.size(), part.size()) <= most && edit_distance(part, word) <= most;
  });
}

bool is_word_character(char c) { return is_alphanumeric(c) || c == '_' || c == '-' || c == '.'; }
bool is_blank_or_quote(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '"' || c == '\'' || c == '\\';
}

// The word that ends before `at`, blanks and quotes between left out.
std::string_view word_before(std::string_view text, std::size_t at) {
  while (at > 0 && is_blank_or_quote(text[at - 1])) --at;
  std::size_t begin = at;
  while (begin > 0 && is_word_character(text[begin - 1])) --begin;
  return text.substr(begin, at - begin);
}

// Where user:password@ begins and ends, when the value has such a thing: behind the scheme, up to the last @.
std::string_view user_part(std::string_view value) {
  const std::size_t at = value.rfind('@');
  if (at == std::string_view::npos) return {};
  const std::size_t scheme = value.find("://");
  const std::size_t begin = scheme == std::string_view::npos || scheme > at ? 0 : scheme + 3;
  return value.substr(begin, at - begin);
}

// scheme://name:rest, where rest is no port.
bool has_wrong_port(std::string_view value) {
  const std::size_t scheme = value.find("://");
  if (scheme == std::string_view::npos) return false;
  const std::string_view rest = value.substr(scheme + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?# \t\n\"'"));
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon == std::string_view::npos) return false;
  // A port, a list of hosts with ports, or a variable: nothing that a password would be.
  const std::string_view port = authority.substr(colon + 1);
  const std::size_t digits = std::min(port.find_first_not_of("0123456789"), port.size());
  return port.starts_with("${") || port.starts_with("-")
             ? false
             : digits == 0 || digits > 5 || (digits < port.size() && port[digits] != ',' && port[digits] != '}');
}

// `found` is called with where the value behind a telling word and = or : begins.
template <typename Found>
void for_each_assignment(std::string_view value, Found found) {
  const auto is_port = [&](std::size_t colon) {
    const std::string_view rest = value.substr(colon + 1);
    const std::size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
    const bool ends = digits == rest.size() || std::string_view(",/?}] \t\n\r\"'").find(rest[digits]) != rest.npos;
    // auth-db:5432 is a host with its port. Such a word as password is not a host's.
    const std::string_view host = word_before(value, colon);
    return value[colon] == ':' && digits > 0 && digits <= 5 && ends && host.find_first_of(".-") != host.npos &&
           host.find("pass") == host.npos && host.find("secret") == host.npos;
  };
  for (std::size_t i = value.find_first_of("=:"); i != std::string_view::npos; i = value.find_first_of("=:", i + 1)) {
    if (!is_port(i) && names_secret(word_before(value, i))) found(i + 1);
  }
}

void add_part(std::string_view part, std::vector<std::string>& parts) {
  while (!part.empty() && is_blank_or_quote(part.front())) part.remove_prefix(1);
  while (!part.empty() && (is_blank_or_quote(part.back()) || part.back() == '\n')) part.remove_suffix(1);
  if (part.size() >= least_part) parts.emplace_back(part);
}

void add_words(std::string_view text, std::vector<std::string>& parts) {
  constexpr std::string_view ends = " \t\n\r$/@:?#&=,;'\"{}[]()|<>\\";
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(ends), text.size());
    add_part(text.substr(0, end), parts);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

// What an assignment gives: up to the closing quote, or to a blank or &.
std::string_view assigned(std::string_view rest) {
  while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\\')) rest.remove_prefix(1);
  if (!rest.empty() && (rest.front() == '\'' || rest.front() == '"')) {
    return rest.substr(
        1, rest.find(rest.front(), 1) == std::string_view::npos ? rest.npos : rest.find(rest.front(), 1) - 1);
  }
  return rest.substr(0, rest.find_first_of(" \t\n&"));
}

}  // namespace

bool names_secret(std::string_view name) {
  constexpr std::size_t longest = 256;
  if (name.empty() || name.size() > longest) return false;
  const std::vector<std::string> parts = parts_of(name);
  std::string whole;
  for (const std::string& part : parts) whole += part;
  const auto is_in_whole = [&](std::string_view word) { return whole.find(word) != std::string::npos; };
  if (std::any_of(telling.begin(), telling.end(), is_in_whole) || is_misspelt(whole)) return true;
  return std::any_of(parts.begin(), parts.end(), [](const std::string& part) {
    return std::find(telling_parts.begin(), telling_parts.end(), part) != telling_parts.end() || is_misspelt(part);
  });
}

bool looks_secret(std::string_view value) {
  if (user_part(value).find(':') != std::string_view::npos) return true;
  if (value.find("://") != std::string_view::npos && value.find('@') != std::string_view::npos) return true;
  if (has_wrong_port(value) || value.find("-----BEGIN") != std::string_view::npos) return true;
  for (const std::string_view scheme : {"Bearer ", "Basic ", "bearer ", "basic "}) {
    if (value.find(scheme) != std::string_view::npos) return true;
  }
  bool is_assigned = false;
  for_each_assignment(value, [&](std::size_t) { is_assigned = true; });
  return is_assigned;
}

std::vector<std::string> secret_parts(std::string_view value) {
  // Of an endless one its beginning is enough.
  constexpr std::size_t longest = 4096;
  value = value.substr(0, longest);
  std::vector<std::string> parts;
  const std::size_t before = parts.size();
  if (const std::string_view user = user_part(value); user.find(':') != std::string_view::npos) {
    const std::string_view password = user.substr(user.find(':') + 1);
    add_part(password, parts);
    add_words(password, parts);
  }
  for_each_assignment(value, [&](std::size_t begin) {
    const std::string_view given = assigned(value.substr(begin));
    add_part(given, parts);
    add_words(given, parts);
  });
  if (parts.size() == before && has_wrong_port(value)) {
    const std::string_view rest = value.substr(value.find("://") + 3);
    add_part(rest.substr(rest.find(':') + 1), parts);
    add_words(rest.substr(rest.find(':') + 1), parts);
  }
  if (parts.size() == before && value.find("://") == std::string_view::npos) add_words(value, parts);
  add_part(value, parts);
  return parts;
}

std::string quoted(std::string_view text, std::size_t most_characters) {
  return "\"" + (looks_secret(text) ? std::string(secret_mark) : safe_text(text, most_characters)) + "\"";
}

}  // namespace sluice::engine
