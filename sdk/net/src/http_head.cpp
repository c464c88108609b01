// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/http_head.hpp"

#include <algorithm>
#include <charconv>

#include "charset.hpp"
#include "sluice/net/authority.hpp"
#include "sluice/net/http_body.hpp"
#include "sluice/safe_text.hpp"

namespace sluice::net {
namespace {

constexpr int most_interim_answers = 16;
constexpr size_t most_shown_of_status = 100;
constexpr size_t most_shown_of_body = 200;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool same_letters(std::string_view a, std::string_view b) { return ascii_lower(a) == ascii_lower(b); }

/// Takes one line with its end; false when the end has not come.
bool take_line(std::string_view& rest, std::string_view& line) {
  const size_t end = rest.find('\n');
  if (end == std::string_view::npos) return false;
  line = rest.substr(0, end);
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  rest.remove_prefix(end + 1);
  return true;
}

bool read_status_line(std::string_view line, HttpHead& head) {
  constexpr std::string_view begin = "HTTP/1.";
  if (line.substr(0, begin.size()) != begin) return false;
  const size_t blank = line.find(' ');
  if (blank == std::string_view::npos) return false;
  head.minor_version = line.substr(begin.size(), blank - begin.size()) == "0" ? 0 : 1;
  const std::string_view said = trimmed(line.substr(blank));
  const auto [end, error] = std::from_chars(said.data(), said.data() + said.size(), head.status);
  if (error != std::errc{} || end != said.data() + 3 || head.status < 100) return false;
  head.reason = trimmed(said.substr(3));
  return true;
}

void add_field(std::string_view line, HttpHead& head) {
  if (is_blank(line.front())) {
    // A folded line goes on with the one before.
    if (!head.fields.empty()) head.fields.back().second.append(" ").append(trimmed(line));
    return;
  }
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  head.fields.emplace_back(trimmed(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
}

/// One head, interim or not.
HeadState read_one(std::string_view received, HttpHead& head) {
  std::string_view rest = received;
  std::string_view line;
  do {
    constexpr std::string_view begin = "HTTP/1.";
    const std::string_view first = rest.substr(0, begin.size());
    if (first != begin.substr(0, first.size()) && first[0] != '\r' && first[0] != '\n') return HeadState::not_http;
    if (!take_line(rest, line)) return HeadState::incomplete;
  } while (line.empty());
  if (!read_status_line(line, head)) return HeadState::not_http;
  while (take_line(rest, line)) {
    if (line.empty()) {
      head.bytes = received.size() - rest.size();
      return HeadState::complete;
    }
    add_field(line, head);
  }
  return HeadState::incomplete;
}

/// `charset=NAME`, in quotes or not.
std::string_view charset_in(std::string_view text) {
  const std::string lower = ascii_lower(text);
  const size_t at = lower.find("charset=");
  if (at == std::string::npos) return {};
  std::string_view value = text.substr(at + 8);
  if (!value.empty() && (value.front() == '"' || value.front() == '\'')) value.remove_prefix(1);
  return value.substr(0, value.find_first_of("\"'; \t/>"));
}

/// Of a page what a reader sees: a refusal's first words are behind a screen of markup.
std::string without_markup(std::string_view page) {
  std::string text;
  for (size_t at = 0; at < page.size();) {
    if (page[at] != '<') {
      text += page[at++];
      continue;
    }
    const std::string lower = ascii_lower(page.substr(at, 7));
    const char* end = lower == "<script" ? "</script" : lower.substr(0, 6) == "<style" ? "</style" : nullptr;
    if (end != nullptr) at = std::min(ascii_lower(page).find(end, at), page.size());
    at = std::min(page.find('>', at), page.size() - 1) + 1;
    text += ' ';
  }
  return text;
}

}  // namespace

std::string_view HttpHead::first(std::string_view name) const {
  for (const auto& [key, value] : fields) {
    if (same_letters(key, name)) return value;
  }
  return {};
}

std::vector<std::string_view> HttpHead::list(std::string_view name) const {
  std::vector<std::string_view> members;
  for (const auto& [key, value] : fields) {
    if (!same_letters(key, name)) continue;
    for (std::string_view rest = value; !rest.empty();) {
      const std::string_view member = rest.substr(0, rest.find(','));
      if (!trimmed(member).empty()) members.push_back(trimmed(member));
      rest.remove_prefix(std::min(rest.size(), member.size() + 1));
    }
  }
  return members;
}

bool HttpHead::lists(std::string_view name, std::string_view word) const {
  const std::vector<std::string_view> members = list(name);
  return std::any_of(members.begin(), members.end(), [&](auto member) { return same_letters(member, word); });
}

bool HttpHead::keeps_connection() const {
  if (lists("connection", "close") || status == 101) return false;
  return minor_version >= 1 || lists("connection", "keep-alive");
}

std::string HttpHead::status_text() const {
  const std::string code = std::to_string(status);
  return reason.empty() ? code : code + " " + safe_text(reason, most_shown_of_status);
}

HeadState read_http_head(std::string_view received, HttpHead& head, uint64_t most_bytes) {
  uint64_t passed = 0;
  for (int interim = 0; interim <= most_interim_answers; ++interim) {
    head = {};
    const std::string_view rest = received.substr(passed);
    const HeadState state = read_one(rest, head);
    if (state == HeadState::incomplete && rest.size() > most_bytes) return HeadState::too_long;
    if (state != HeadState::complete) return state;
    if (head.bytes > most_bytes) return HeadState::too_long;
    passed += head.bytes;
    if (head.status >= 200 || head.status == 101) {
      head.bytes = passed;
      return state;
    }
  }
  return HeadState::too_long;
}

HttpBody read_http_body(const HttpHead& head, std::string_view received) {
  HttpBodyReader reader(head, false, max_response_body_bytes);
  reader.take(received);
  return {reader.take_bytes(), reader.state() != HttpBodyReader::State::more};
}

std::string body_text(const HttpHead& head, std::string_view body) {
  const std::vector<std::string_view> codings = head.list("content-encoding");
  if (std::any_of(codings.begin(), codings.end(), [](auto coding) { return !same_letters(coding, "identity"); })) {
    return {};
  }
  std::string_view charset = charset_in(head.first("content-type"));
  if (charset.empty() && ascii_lower(head.first("content-type")).find("html") != std::string::npos) {
    charset = charset_in(body);
  }
  std::string converted = to_utf8(body, charset);
  const size_t first = converted.find_first_not_of(" \t\r\n");
  if (first != std::string::npos && converted[first] == '<') converted = without_markup(converted);
  std::string line;
  for (const char c : converted) {
    const bool blank = is_blank(c) || c == '\n';
    if (!blank) line += c;
    if (blank && !line.empty() && line.back() != ' ') line += ' ';
  }
  return safe_text(trimmed(line), most_shown_of_body);
}

}  // namespace sluice::net
