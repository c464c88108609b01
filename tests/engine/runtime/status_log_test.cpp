// SPDX-License-Identifier: Apache-2.0
// What a log has of a node's status: one line each way, how long it lasted, and no flood.
#include "runtime/status_log.hpp"

#include "catch.hpp"

using namespace sluice::engine;

namespace {

constexpr int64_t second = 1'000'000'000;

std::string text(const std::optional<StatusLog::Line>& line) { return line ? line->text : "nothing"; }

/// Well since its begin.
StatusLog ready() {
  StatusLog log;
  static_cast<void>(log.change(SLUICE_STATUS_READY, "", 0));
  return log;
}

}  // namespace

TEST_CASE("a node that begins well says nothing, or what it says itself") {
  StatusLog log;
  CHECK(text(log.change(SLUICE_STATUS_READY, "", 0)) == "nothing");
  CHECK(text(log.change(SLUICE_STATUS_READY, "", second)) == "nothing");
  StatusLog other;
  const auto line = other.change(SLUICE_STATUS_READY, "connected to here", 0);
  CHECK(text(line) == "ready: connected to here");
  CHECK(line->level == SLUICE_LOG_INFO);
}

TEST_CASE("that a node connects when it begins is no warning, that it cannot is one") {
  StatusLog log;
  const auto begins = log.change(SLUICE_STATUS_CONNECTING, "connecting to here", 0);
  CHECK(text(begins) == "connecting: connecting to here");
  CHECK(begins->level == SLUICE_LOG_INFO);
  const auto fails = log.change(SLUICE_STATUS_CONNECTING, "nobody answers", second);
  CHECK(text(fails) == "connecting: nobody answers");
  CHECK(fails->level == SLUICE_LOG_WARN);
  CHECK(text(log.change(SLUICE_STATUS_READY, "connected", 2 * second + 400'000'000)) == "ready after 2.4 s: connected");
}

TEST_CASE("trouble is said when it begins and when it ends, with how long it lasted") {
  StatusLog log = ready();
  const auto begins = log.change(SLUICE_STATUS_BLOCKED, "the disk is full", 10 * second);
  CHECK(text(begins) == "blocked: the disk is full");
  CHECK(begins->level == SLUICE_LOG_WARN);
  CHECK(text(log.change(SLUICE_STATUS_BLOCKED, "the disk is full", 11 * second)) == "nothing");
  const auto ends = log.change(SLUICE_STATUS_READY, "", 41 * second);
  CHECK(text(ends) == "ready again after 31 s");
  CHECK(ends->level == SLUICE_LOG_INFO);
  CHECK(text(log.change(SLUICE_STATUS_READY, "", 42 * second)) == "nothing");
}

TEST_CASE("another sentence or another kind of trouble is a line, one that was said is none") {
  StatusLog log = ready();
  CHECK(text(log.change(SLUICE_STATUS_CONNECTING, "reset", 1 * second)) == "connecting: reset");
  CHECK(text(log.change(SLUICE_STATUS_CONNECTING, "connecting to here", 1 * second)) ==
        "connecting: connecting to here");
  CHECK(text(log.change(SLUICE_STATUS_CONNECTING, "reset", 3 * second)) == "nothing");
  CHECK(text(log.change(SLUICE_STATUS_CONNECTING, "connecting to here", 3 * second)) == "nothing");
  CHECK(text(log.change(SLUICE_STATUS_BLOCKED, "reset", 4 * second)) == "blocked: reset");
  CHECK(text(log.change(SLUICE_STATUS_READY, "connected", 5 * second)) == "ready again after 4.0 s: connected");
  CHECK(text(log.change(SLUICE_STATUS_CONNECTING, "reset", 6 * second)) == "connecting: reset");
}

TEST_CASE("what flaps is said now and then, with what was left out, and its end always") {
  StatusLog log = ready();
  int lines = 0;
  int64_t now_ns = 100 * second;
  for (int i = 0; i < 1'000; ++i, now_ns += 30'000'000) {
    lines += log.change(i % 2 == 0 ? SLUICE_STATUS_BLOCKED : SLUICE_STATUS_READY, "", now_ns) ? 1 : 0;
  }
  CHECK(lines < 12);
  std::optional<StatusLog::Line> last;
  for (int i = 0; i < 30 && !last; ++i, now_ns += second) last = log.catch_up(now_ns);
  CHECK(text(last).find("ready again after") == 0);
  CHECK(text(last).find("changes before it were not logged") != std::string::npos);
  CHECK(text(log.catch_up(now_ns + 1'000 * second)) == "nothing");
}

TEST_CASE("what the limit withholds is said when the run ends") {
  StatusLog log = ready();
  int64_t now_ns = 100 * second;
  std::optional<StatusLog::Line> line;
  const auto flap = [&](uint32_t status) { line = log.change(status, "", now_ns += 1'000'000); };
  do {
    flap(SLUICE_STATUS_BLOCKED);
    if (line) flap(SLUICE_STATUS_READY);
  } while (line);
  flap(SLUICE_STATUS_READY);
  flap(SLUICE_STATUS_BLOCKED);
  CHECK(text(log.catch_up(now_ns)) == "nothing");
  CHECK(text(log.last(now_ns)).find("blocked (") == 0);
  CHECK(text(log.last(now_ns)) == "nothing");
}

TEST_CASE("how long something lasted has few digits") {
  CHECK(lasted_text(-1) == "0.0 s");
  CHECK(lasted_text(9'940'000'000) == "9.9 s");
  CHECK(lasted_text(61 * second) == "61 s");
  CHECK(lasted_text(3'600 * second) == "60 min");
  CHECK(lasted_text(7'200 * second) == "2.0 h");
}
