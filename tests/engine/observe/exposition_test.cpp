// SPDX-License-Identifier: Apache-2.0
#include "observe/exposition.hpp"

#include <cmath>
#include <limits>
#include <random>

#include "catch.hpp"
#include "exposition_reader.hpp"

using namespace sluice::engine;
using sluice::testing::ExpositionReader;

namespace {

std::string random_text(std::mt19937& random) {
  static const std::string pieces[] = {
      "a",        "Z",  "_",   "0",  "9",    ":", "\\",   "\"",       "\n",           "{",  "}",    "=", ",", " ", "#",
      "\xC3\xA4", "\t", "\\n", "\r", "\x01", "%", "\xFF", "\xE2\x82", "\xED\xA0\x80", "le", "name", ""};
  std::string text;
  for (size_t i = random() % 8; i > 0; --i) text += pieces[random() % std::size(pieces)];
  return text;
}

/// What a text must read back as: itself when it is sound, otherwise as many characters.
bool reads_as(const std::string& read, const std::string& written) {
  if (read == written) return true;
  return read.size() == written.size() && read.find('?') != std::string::npos;
}

}  // namespace

TEST_CASE("a family has its HELP, its TYPE and its samples, once") {
  Exposition to;
  const Labels labels = Labels().with("node", "a").with("type", "b");
  to.family("records_total", MetricKind::counter, "What came.").add(labels, uint64_t{5});
  to.family("waiting", MetricKind::gauge, "What waits.").add({}, int64_t{-3});
  to.family("records_total", MetricKind::gauge, "Something else.").add(labels.with("node", "c"), uint64_t{7});
  to.family("records_total", MetricKind::counter, "").add(Labels().with("node", "z"), 0.5);
  to.family("never_used", MetricKind::counter, "Nothing.");
  CHECK(to.text() ==
        "# HELP records_total What came.\n# TYPE records_total counter\n"
        "records_total{node=\"a\",type=\"b\"} 5\nrecords_total{node=\"z\"} 0.5\n"
        "# HELP waiting What waits.\n# TYPE waiting gauge\nwaiting -3\n");
}

TEST_CASE("a series that is there is left out, and a label keeps its first value") {
  Exposition to;
  to.family("a", MetricKind::gauge, "h").add(Labels().with("k", "1").with("k", "2"), uint64_t{1});
  to.family("a", MetricKind::gauge, "h").add(Labels().with("k", "1"), uint64_t{2});
  to.family("a", MetricKind::gauge, "h").add(Labels().with("k", ""), uint64_t{3});
  CHECK(to.text() == "# HELP a h\n# TYPE a gauge\na{k=\"1\"} 1\na 3\n");
}

TEST_CASE("numbers keep all their digits") {
  CHECK(number_text(0.1) == "0.1");
  CHECK(number_text(1e300) == "1e+300");
  CHECK(number_text(std::nan("")) == "NaN");
  CHECK(number_text(std::numeric_limits<double>::infinity()) == "+Inf");
  CHECK(number_text(-std::numeric_limits<double>::infinity()) == "-Inf");
  Exposition to;
  to.family("a", MetricKind::counter, "h").add({}, UINT64_MAX);
  CHECK(to.text().find("a 18446744073709551615\n") != std::string::npos);
}

TEST_CASE("whatever it is given, it reads back") {
  std::mt19937 random(1);
  for (int round = 0; round < 3'000; ++round) {
    Exposition to;
    const std::string name = random_text(random);
    const std::string help = random_text(random);
    std::vector<std::pair<std::string, std::string>> wanted;
    Labels labels;
    for (size_t i = random() % 4; i > 0; --i) {
      const std::string key = random_text(random);
      const std::string value = random_text(random);
      const bool is_new = !value.empty() && !labels.has(label_name(key));
      labels = labels.with(key, value);
      if (is_new) wanted.emplace_back(label_name(key), value);
    }
    const double value = std::ldexp(static_cast<double>(random()), static_cast<int>(random() % 200) - 100);
    to.family(name, MetricKind::gauge, help).add(labels, value);
    to.family(random_text(random), MetricKind::counter, random_text(random)).add(labels, uint64_t{random()});
    INFO(to.text());
    const auto read = ExpositionReader::read(to.text());
    const auto family = read.find(metric_name(name));
    REQUIRE(family != read.end());
    CHECK(family->second.kind == "gauge");
    CHECK(reads_as(family->second.help, help));
    REQUIRE_FALSE(family->second.samples.empty());
    const auto& sample = family->second.samples.front();
    CHECK(sample.value == value);
    REQUIRE(sample.labels.size() == wanted.size());
    for (const auto& [key, text] : wanted) CHECK(reads_as(sample.labels.at(key), text));
  }
}
