// SPDX-License-Identifier: Apache-2.0
// A node that flaps does not fill the log, and what is left out is counted.
#include "runtime/line_limiter.hpp"

#include "logged.hpp"

using namespace sluice;
using namespace sluice::testing;
using engine::LineLimiter;

namespace {

using Lines = std::vector<std::string>;

Lines texts(const std::vector<LineLimiter::Line>& lines) {
  Lines all;
  for (const LineLimiter::Line& line : lines) all.push_back(line.text);
  return all;
}

std::string lost(int attempt) { return "the connection is lost; next attempt in " + std::to_string(attempt) + " s"; }

}  // namespace

TEST_CASE("lines that differ only in numbers are limited, and the rest is counted when the minute is over") {
  LineLimiter limiter;
  for (int i = 0; i < 10; ++i) CHECK(texts(limiter.said(SLUICE_LOG_WARN, lost(i), i)) == Lines{lost(i)});
  for (int i = 10; i < 40; ++i) CHECK(limiter.said(SLUICE_LOG_WARN, lost(i), i).empty());
  CHECK(texts(limiter.said(SLUICE_LOG_INFO, "another kind of line", 50)) == Lines{"another kind of line"});
  CHECK(limiter.rest(LineLimiter::minute_ns - 1).empty());
  const auto rest = limiter.rest(LineLimiter::minute_ns);
  CHECK(texts(rest) == Lines{lost(39) + " (29 lines like it before it were not logged)"});
  CHECK(rest.front().level == SLUICE_LOG_WARN);
  CHECK(limiter.rest(INT64_MAX).empty());
  CHECK(texts(limiter.said(SLUICE_LOG_WARN, lost(1), 2 * LineLimiter::minute_ns)) == Lines{lost(1)});
}

TEST_CASE("a line that the limit withholds comes with the next one of its kind, when nobody asks before") {
  LineLimiter limiter;
  for (int i = 0; i < 11; ++i) limiter.said(SLUICE_LOG_WARN, lost(i), 0);
  CHECK(texts(limiter.said(SLUICE_LOG_WARN, lost(77), LineLimiter::minute_ns)) == Lines{lost(10), lost(77)});
}

TEST_CASE("lines of ever new kinds are limited as well") {
  LineLimiter limiter;
  size_t logged = 0;
  std::string word;
  for (int i = 0; i < 1000; ++i) {
    word += static_cast<char>('a' + i % 26);
    if (word.size() > 100) word = std::string(1, static_cast<char>('A' + i / 100));
    logged += limiter.said(SLUICE_LOG_INFO, word, 0).size();
  }
  CHECK(logged < LineLimiter::most_kinds * LineLimiter::most_alike);
  CHECK(limiter.rest(INT64_MAX).size() == 1);
}

TEST_CASE("a run logs the first lines of a flapping node, and at its end how many more there were") {
  int said = 0;
  const Lines lines = logged([&said](Context& context) { context.warn(lost(said++)); }, 50);
  REQUIRE(lines.size() == 11);
  CHECK(lines[9] == lost(9));
  CHECK(lines[10] == lost(49) + " (39 lines like it before it were not logged)");
}
