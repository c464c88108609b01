// SPDX-License-Identifier: Apache-2.0
// Prometheus' text exposition format, version 0.0.4: families with HELP and TYPE, each once and whole, samples with
// labels. Whatever names and texts it is given, what comes out can be parsed: names are made of allowed characters,
// values of labels are escaped UTF-8, and a series that is there already is left out. Knows no clock and no graph.
#pragma once
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace sluice::engine {

/// Labels as they stand between the braces. An empty value is the same as no label, and left out.
class Labels {
 public:
  Labels() = default;
  /// A copy with one more.
  Labels with(std::string_view name, std::string_view value) const;
  const std::string& text() const { return text_; }
  bool has(std::string_view name) const;

 private:
  std::string text_;
  std::vector<std::string> names_;
};

enum class MetricKind : uint8_t { counter, gauge, histogram };

class Family {
 public:
  Family(std::string name, MetricKind kind, std::string_view help);
  void add(const Labels& labels, uint64_t value);
  void add(const Labels& labels, int64_t value);
  void add(const Labels& labels, double value);
  /// A sample of a histogram's part: suffix is `_bucket`, `_sum` or `_count`.
  void add_part(std::string_view suffix, const Labels& labels, uint64_t value);
  void add_part(std::string_view suffix, const Labels& labels, double value);

  const std::string& name() const { return name_; }
  MetricKind kind() const { return kind_; }
  bool is_empty() const { return samples_.empty(); }
  std::string text() const;

 private:
  void add_text(std::string_view suffix, const Labels& labels, std::string value);
  std::string name_;
  MetricKind kind_;
  std::string help_;
  std::string samples_;
  std::unordered_set<std::string> series_;
};

class Exposition {
 public:
  /// The family of this name, made if it is not there. One that is there keeps its kind and HELP.
  Family& family(std::string_view name, MetricKind kind, std::string_view help);
  /// Families in the order in which they were made, without those that have no sample.
  std::string text() const;

 private:
  std::deque<Family> families_;
  std::unordered_map<std::string, Family*> by_name_;
};

/// A name with every character that is not allowed replaced by `_`.
std::string metric_name(std::string_view text);
std::string label_name(std::string_view text);
/// Shortest text that reads back as the same number; NaN, +Inf, -Inf.
std::string number_text(double value);

}  // namespace sluice::engine
