// SPDX-License-Identifier: Apache-2.0
#include "secrecy.hpp"

#include <algorithm>
#include <array>

#include "secret_words.hpp"

namespace sluice::engine {
namespace {

// The engine's own keys and words.
constexpr auto own_words = std::to_array<std::string_view>(
    {"graph",       "processes",   "nodes",     "edges",       "require",      "latency",       "from",
     "to",          "http",        "type",      "in_flight",   "buffer",       "when_full",     "commit",
     "dead_letter", "stop_after",  "records",   "bytes",       "conflate",     "block",         "drop_newest",
     "drop_oldest", "on_delivery", "on_accept", "best_effort", "at_most_once", "at_least_once", "effectively_once",
     "true",        "false",       "null",      "in",          "out"});

constexpr auto units = std::to_array<std::string_view>(
    {"ns", "us", "ms", "s", "m", "h", "d", "k", "M", "G", "B", "KB", "MB", "GB", "TB", "KiB", "MiB", "GiB", "TiB"});

// Of more digits without a unit nobody knows whether they are a number or a password.
constexpr std::size_t most_bare_digits = 3;
constexpr std::size_t most_digits = 9;
// A beginning this long is masked as the whole is: sentences cut long values.
constexpr std::size_t least_beginning = 8;

bool is_number(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0 || digits > most_digits) return false;
  const std::string_view unit = text.substr(digits);
  if (unit.empty()) return digits <= most_bare_digits;
  return std::find(units.begin(), units.end(), unit) != units.end();
}

// ${NAME} or ${file:/path}, and nothing else.
bool is_reference(std::string_view text) {
  if (!text.starts_with("${") || !text.ends_with('}')) return false;
  std::string_view body = text.substr(2, text.size() - 3);
  const bool is_file = body.starts_with("file:/");
  if (is_file) body.remove_prefix(6);
  return !body.empty() && std::all_of(body.begin(), body.end(), [&](char c) {
    const bool is_name = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    return is_name || (is_file && ((c >= 'a' && c <= 'z') || c == '/' || c == '.' || c == '-'));
  });
}

// Whether a long value may have been cut off in front of `rest`.
bool is_cut_off(std::string_view rest) {
  return rest.empty() || rest.front() == '"' || rest.starts_with("...") || rest.starts_with("\u2026");
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

void Secrecy::hide(std::string_view value) {
  for (std::string& part : secret_parts(value)) {
    if (hidden_.insert(part).second) by_beginning_[part.substr(0, least_part)].push_back(std::move(part));
  }
}

void Secrecy::absorb(const Secrecy& other) {
  known_.insert(other.known_.begin(), other.known_.end());
  for (const std::string& part : other.hidden_) {
    if (hidden_.insert(part).second) by_beginning_[part.substr(0, least_part)].push_back(part);
  }
}

bool Secrecy::is_known(std::string_view word) const {
  return known_.contains(word) || std::find(own_words.begin(), own_words.end(), word) != own_words.end();
}

bool Secrecy::is_harmless(std::string_view value) const {
  if (value.empty() || is_known(value) || is_number(value) || is_reference(value)) return true;
  // route.trades -> trade_log
  constexpr std::string_view between = " ->.";
  while (!value.empty()) {
    const std::size_t end = std::min(value.find_first_of(between), value.size());
    if (end > 0 && !is_known(value.substr(0, end))) return false;
    value.remove_prefix(std::min(end + 1, value.size()));
  }
  return true;
}

// Bytes of the longest secret, or beginning of one, that stands at `at`; 0: none.
std::size_t Secrecy::secret_at(std::string_view sentence, std::size_t at) const {
  const auto found = by_beginning_.find(std::string(sentence.substr(at, least_part)));
  if (found == by_beginning_.end()) return 0;
  std::size_t longest = 0;
  for (const std::string& secret : found->second) {
    const std::string_view rest = sentence.substr(at, secret.size());
    const auto same =
        static_cast<std::size_t>(std::mismatch(rest.begin(), rest.end(), secret.begin()).first - rest.begin());
    if (same < std::min(secret.size(), least_beginning) || is_known(secret)) continue;
    if (same < secret.size() && !is_cut_off(sentence.substr(at + same))) continue;
    // A secret that is a mere word may be a part of another one.
    const bool is_word = std::all_of(secret.begin(), secret.end(), is_letter);
    const bool is_inside =
        (at > 0 && is_letter(sentence[at - 1])) || (at + same < sentence.size() && is_letter(sentence[at + same]));
    if (is_word && is_inside) continue;
    longest = std::max(longest, same);
  }
  return longest;
}

std::string Secrecy::masked(std::string_view sentence) const {
  if (hidden_.empty()) return std::string(sentence);
  std::string out;
  for (std::size_t at = 0; at < sentence.size();) {
    const std::size_t length = secret_at(sentence, at);
    if (length == 0) {
      out += sentence[at++];
    } else {
      out += secret_mark;
      at += length;
    }
  }
  return out;
}

}  // namespace sluice::engine
