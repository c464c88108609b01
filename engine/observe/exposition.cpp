// SPDX-License-Identifier: Apache-2.0
#include "observe/exposition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "graph/utf8.hpp"

namespace sluice::engine {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string allowed_name(std::string_view text, bool colons) {
  std::string name;
  for (const char c : text) {
    const bool is_allowed = is_letter(c) || is_digit(c) || (colons && c == ':');
    if (name.empty() && is_digit(c)) name += '_';
    name += is_allowed ? c : '_';
  }
  return name.empty() ? "_" : name;
}

/// Texts of plugins may hold anything; a scraper throws a page away that is not UTF-8.
std::string printable(std::string_view text) {
  std::string out(text);
  if (!find_utf8_problem(text)) return out;
  std::replace_if(
      out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80 || (c < 0x20 && c != '\n'); },
      '?');
  return out;
}

std::string escaped(std::string_view text, bool quotes) {
  std::string out;
  for (const char c : printable(text)) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
  return out;
}

std::string_view word(MetricKind kind) {
  switch (kind) {
    case MetricKind::counter:
      return "counter";
    case MetricKind::gauge:
      return "gauge";
    default:
      return "histogram";
  }
}

}  // namespace

std::string metric_name(std::string_view text) { return allowed_name(text, true); }
std::string label_name(std::string_view text) { return allowed_name(text, false); }

std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

Labels Labels::with(std::string_view name, std::string_view value) const {
  Labels out = *this;
  std::string allowed = label_name(name);
  if (value.empty() || has(allowed)) return out;
  if (!out.text_.empty()) out.text_ += ',';
  out.text_ += allowed + "=\"" + escaped(value, true) + "\"";
  out.names_.push_back(std::move(allowed));
  return out;
}

bool Labels::has(std::string_view name) const { return std::find(names_.begin(), names_.end(), name) != names_.end(); }

Family::Family(std::string name, MetricKind kind, std::string_view help)
    : name_(std::move(name)), kind_(kind), help_(escaped(help, false)) {}

void Family::add(const Labels& labels, uint64_t value) { add_text("", labels, std::to_string(value)); }
void Family::add(const Labels& labels, int64_t value) { add_text("", labels, std::to_string(value)); }
void Family::add(const Labels& labels, double value) { add_text("", labels, number_text(value)); }
void Family::add_part(std::string_view suffix, const Labels& labels, uint64_t value) {
  add_text(suffix, labels, std::to_string(value));
}
void Family::add_part(std::string_view suffix, const Labels& labels, double value) {
  add_text(suffix, labels, number_text(value));
}

void Family::add_text(std::string_view suffix, const Labels& labels, std::string value) {
  std::string series = name_ + std::string(suffix);
  if (!labels.text().empty()) series += "{" + labels.text() + "}";
  if (!series_.insert(series).second) return;
  samples_ += series + " " + value + "\n";
}

std::string Family::text() const {
  return fmt::format("# HELP {} {}\n# TYPE {} {}\n{}", name_, help_, name_, word(kind_), samples_);
}

Family& Exposition::family(std::string_view name, MetricKind kind, std::string_view help) {
  std::string allowed = metric_name(name);
  const auto known = by_name_.find(allowed);
  if (known != by_name_.end()) return *known->second;
  Family& made = families_.emplace_back(allowed, kind, help);
  by_name_.emplace(std::move(allowed), &made);
  return made;
}

std::string Exposition::text() const {
  std::string text;
  for (const Family& family : families_) {
    if (!family.is_empty()) text += family.text();
  }
  return text;
}

}  // namespace sluice::engine
