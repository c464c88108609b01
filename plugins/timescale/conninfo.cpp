// SPDX-License-Identifier: Apache-2.0
#include "conninfo.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <charconv>
#include <memory>

namespace sluice::timescale {
namespace {

constexpr const char* encoding_advice =
    "; write every /, @, : or ? of a user or password as %2F, %40, %3A or %3F, or give the password in the option "
    "password";

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (static_cast<uint8_t>(c) & 0x80);
}
bool only(std::string_view text, std::string_view more) {
  return std::all_of(text.begin(), text.end(), [&](char c) { return is_alphanumeric(c) || more.find(c) != more.npos; });
}

/// Of a list with commas, as hosts and ports may be.
template <typename Check>
bool each_of(std::string_view list, Check&& check) {
  while (true) {
    const size_t comma = list.find(',');
    if (!check(list.substr(0, comma))) return false;
    if (comma == list.npos) return true;
    list.remove_prefix(comma + 1);
  }
}

bool is_port(std::string_view text) {
  uint32_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  return text.empty() || (fault == std::errc() && end == text.data() + text.size() && number >= 1 && number <= 65535);
}

/// A name, an address, the folder of a socket, or an abstract socket.
bool is_host(std::string_view text) {
  if (text.starts_with('/') || text.starts_with('@')) return text.find('@', 1) == text.npos;
  if (!only(text, ".-_:%")) return false;
  // Only an IPv6 address has colons: two at least, and nothing that is not hexadecimal before its zone.
  if (text.find(':') == text.npos) return true;
  const std::string_view address = text.substr(0, text.find('%'));
  return address.find(':') != address.rfind(':') &&
         address.find_first_not_of("0123456789abcdefABCDEF:.") == address.npos;
}

/// Another address or a list of parameters where a mere name should be.
bool is_more_than_a_name(std::string_view text) {
  const size_t colon = text.find(':');
  return text.find('=') != text.npos || text.find("://") != text.npos ||
         (colon != text.npos && text.find('@', colon) != text.npos);
}

/// Where a URL can be read in two ways: "postgresql://user:pass/word@host" is, to the letter, port "pass" of host
/// "user" and a database "word@host".
bool is_ambiguous(std::string_view url) {
  const size_t scheme = url.find("://");
  if (!url.starts_with("postgres") || scheme == url.npos) return false;
  url.remove_prefix(scheme + 3);
  // To the letter, everything up to an @ before the first / is user and password.
  std::string_view authority = url.substr(0, url.find('/'));
  if (authority.find('@') == authority.npos) authority = authority.substr(0, authority.find('?'));
  const std::string_view rest = url.substr(authority.size());
  if (std::count(authority.begin(), authority.end(), '@') > 1) return true;
  const std::string_view path = rest.starts_with('/') ? rest.substr(0, rest.find('?')) : std::string_view();
  if (path.find('@') != path.npos) return true;
  const bool may_be_user_and_password = authority.find('@') == authority.npos && authority.find(':') != authority.npos;
  return may_be_user_and_password && rest.find('@') != rest.npos;
}

}  // namespace

Result<Conninfo> Conninfo::parse(std::string_view text, std::string_view password) {
  const Error not_one = permanent(
      "url is not a connection URL of PostgreSQL: write postgresql://USER@HOST:PORT/DATABASE, with special characters "
      "of its parts as %XX");
  if (text.empty() || text.find('\0') != std::string_view::npos) return not_one;
  if (is_ambiguous(text)) {
    return permanent(std::string("url is ambiguous: it has a / or an @ where a part of a password could be") +
                     encoding_advice);
  }
  char* complaint = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(
      PQconninfoParse(std::string(text).c_str(), &complaint), &PQconninfoFree);
  // Why is not said: libpq's words show parts of the text.
  PQfreemem(complaint);
  if (parsed == nullptr) return not_one;
  Conninfo made;
  for (const PQconninfoOption* each = parsed.get(); each->keyword != nullptr; ++each) {
    if (each->val != nullptr) made.set(each->keyword, each->val);
  }
  if (!password.empty()) made.set("password", password);
  if (std::string fault = made.fault(); !fault.empty()) return permanent(std::move(fault));
  return made;
}

/// What would end every attempt to connect, or show more than a place.
std::string Conninfo::fault() const {
  const auto value = [&](std::string_view key) -> std::string_view {
    const std::string* const found = find(key);
    return found == nullptr ? std::string_view() : std::string_view(*found);
  };
  if (!each_of(value("port"), is_port)) {
    return std::string("url has a port that is not a number between 1 and 65535") + encoding_advice;
  }
  if (!each_of(value("host"), is_host) || !only(value("hostaddr"), ".:%,-_")) {
    return std::string("url has a host with a character that neither a name nor an address has") + encoding_advice;
  }
  if (is_more_than_a_name(value("dbname"))) {
    return std::string("url has a database whose name looks like an address or a list of parameters") + encoding_advice;
  }
  const std::string_view user = value("user");
  if (is_more_than_a_name(user) || (user.find(':') != user.npos && value("password").empty())) {
    return std::string("url has a user whose name looks as if the password stood in it") + encoding_advice;
  }
  return {};
}

const std::string* Conninfo::find(std::string_view key) const {
  for (const auto& [name, value] : parameters_) {
    if (name == key) return &value;
  }
  return nullptr;
}

void Conninfo::set(std::string_view key, std::string_view value) {
  for (auto& [name, old] : parameters_) {
    if (name == key) {
      old = value;
      return;
    }
  }
  parameters_.emplace_back(key, value);
}

void Conninfo::add_default(std::string_view key, std::string_view value) {
  if (find(key) == nullptr) parameters_.emplace_back(key, value);
}

std::string Conninfo::place() const {
  const std::string* host = find("host");
  if (host == nullptr) host = find("hostaddr");
  std::string text = host == nullptr || host->empty() ? "the local socket" : *host;
  if (const std::string* port = find("port")) text += ":" + *port;
  if (const std::string* database = find("dbname")) text += "/" + *database;
  if (const std::string* user = find("user")) text += " as " + *user;
  return text;
}

std::string Conninfo::masked(std::string sentence) const {
  for (const char* key : {"password", "sslpassword"}) {
    const std::string* const secret = find(key);
    if (secret == nullptr) continue;
    // A password that is the user's name, too, hides nothing that may not be said.
    const auto is = [&](std::string_view other) { return find(other) != nullptr && *find(other) == *secret; };
    if (!is("user") && !is("dbname")) sentence = without_secret(std::move(sentence), *secret);
  }
  return sentence;
}

std::string without_secret(std::string text, std::string_view secret) {
  constexpr size_t longest_word = 3;
  constexpr std::string_view stars = "***";
  if (secret.empty()) return text;
  const auto is_inside = [&](size_t at) { return at < text.size() && is_alphanumeric(text[at]); };
  for (size_t at = text.find(secret); at != text.npos; at = text.find(secret, at)) {
    const bool is_part = (at > 0 && is_inside(at - 1)) || is_inside(at + secret.size());
    if (secret.size() <= longest_word && is_part) {
      at += secret.size();
    } else {
      text.replace(at, secret.size(), stars);
      at += stars.size();
    }
  }
  return text;
}

}  // namespace sluice::timescale
