// SPDX-License-Identifier: Apache-2.0
// Reads Prometheus' text format back, strictly: what a scraper would refuse is an error here. For tests only.
#pragma once
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::testing {

struct ReadSample {
  std::string name;
  std::map<std::string, std::string> labels;
  double value = 0;
};

struct ReadFamily {
  std::string kind;
  std::string help;
  std::vector<ReadSample> samples;
};

class ExpositionReader {
 public:
  /// Throws with the line that is wrong.
  static std::map<std::string, ReadFamily> read(const std::string& text) { return ExpositionReader(text).families(); }

 private:
  explicit ExpositionReader(const std::string& text) : rest_(text) {}

  std::map<std::string, ReadFamily> families() {
    while (!rest_.empty()) {
      const size_t end = rest_.find('\n');
      if (end == std::string_view::npos) fail("the last line has no end");
      line_ = rest_.substr(0, end);
      rest_.remove_prefix(end + 1);
      if (take("# HELP ")) {
        current_ = name();
        if (!families_.emplace(current_, ReadFamily{}).second) fail("a family stands twice");
        families_[current_].help = unescaped(take(" ") ? std::string(line_) : "", false);
      } else if (take("# TYPE ")) {
        if (name() != current_ || !take(" ")) fail("TYPE without its HELP");
        families_[current_].kind = std::string(line_);
      } else {
        sample();
      }
    }
    return std::move(families_);
  }

  void sample() {
    ReadSample sample;
    const std::string whole(line_);
    sample.name = name();
    if (sample.name.rfind(current_, 0) != 0) fail("a sample outside of its family");
    const std::string suffix = sample.name.substr(current_.size());
    const bool is_part = families_[current_].kind == "histogram" && suffix != "";
    if (is_part ? suffix != "_bucket" && suffix != "_sum" && suffix != "_count" : !suffix.empty()) fail("wrong suffix");
    if (take("{")) labels(sample);
    if (!take(" ") || line_.empty()) fail("no value");
    char* end = nullptr;
    const std::string number(line_);
    sample.value = std::strtod(number.c_str(), &end);
    if (*end != '\0') fail("the value is no number");
    if (!series_.insert(whole.substr(0, whole.size() - number.size())).second) fail("a series stands twice");
    families_[current_].samples.push_back(std::move(sample));
  }

  void labels(ReadSample& sample) {
    while (!take("}")) {
      const std::string key = name();
      if (key.find(':') != std::string::npos) fail("a label's name has a colon");
      if (!take("=\"")) fail("a label without a value");
      std::string value;
      while (!take("\"")) {
        if (line_.empty()) fail("a label's value has no end");
        const size_t size = line_.front() == '\\' ? 2 : 1;
        value += line_.substr(0, size);
        line_.remove_prefix(std::min(size, line_.size()));
      }
      if (!sample.labels.emplace(key, unescaped(value, true)).second) fail("a label stands twice");
      if (!take(",") && (line_.empty() || line_.front() != '}')) fail("no comma between labels");
    }
  }

  std::string name() {
    std::string name;
    const auto allowed = [&](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
             (!name.empty() && c >= '0' && c <= '9');
    };
    while (!line_.empty() && allowed(line_.front())) {
      name += line_.front();
      line_.remove_prefix(1);
    }
    if (name.empty()) fail("no name");
    return name;
  }

  std::string unescaped(const std::string& text, bool quotes) {
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '\\') {
        out += text[i];
        continue;
      }
      if (++i == text.size()) fail("a backslash at the end");
      if (text[i] == 'n') {
        out += '\n';
      } else if (text[i] == '\\' || (quotes && text[i] == '"')) {
        out += text[i];
      } else {
        fail("an unknown escape");
      }
    }
    return out;
  }

  bool take(std::string_view prefix) {
    if (line_.substr(0, prefix.size()) != prefix) return false;
    line_.remove_prefix(prefix.size());
    return true;
  }
  [[noreturn]] void fail(const std::string& why) { throw std::runtime_error(why + ", before: " + std::string(line_)); }

  std::string_view rest_;
  std::string_view line_;
  std::string current_;
  std::map<std::string, ReadFamily> families_;
  std::set<std::string> series_;
};

}  // namespace sluice::testing
