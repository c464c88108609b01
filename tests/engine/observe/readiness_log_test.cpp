// SPDX-License-Identifier: Apache-2.0
#include "observe/readiness_log.hpp"

#include "catch.hpp"

using namespace sluice::engine;

namespace {

constexpr int64_t second = 1'000'000'000;
const std::vector<Reason> away{{"not_connected", "trades", "the server is away", 0}};
const std::vector<Reason> both{{"not_connected", "trades", "the server is away", 0}, {"paused", "feed", "no room", 0}};

std::string text(const std::optional<ReadinessLine>& line) { return line ? line->text : "nothing"; }

}  // namespace

TEST_CASE("a process says that it is ready, that it is not and why, and after how long it is again") {
  ReadinessLog log;
  CHECK(text(log.update(away, RunPhase::starting, 0)) == "nothing");
  CHECK(text(log.update(away, RunPhase::running, second)) == "nothing");
  CHECK(text(log.update({}, RunPhase::running, 2 * second)) == "ready after 1.0 s");
  CHECK(text(log.update({}, RunPhase::running, 3 * second)) == "nothing");
  const auto gone = log.update(away, RunPhase::running, 10 * second);
  CHECK(text(gone) == "not ready: trades is not connected");
  CHECK(gone->is_warning);
  CHECK(text(log.update(away, RunPhase::running, 11 * second)) == "nothing");
  CHECK(text(log.update(both, RunPhase::running, 20 * second)) ==
        "not ready: trades is not connected; feed paused: no room");
  CHECK(text(log.update({}, RunPhase::running, 50 * second)) == "ready again after 40 s");
  CHECK(text(log.update({{"stopping", "", "x", 0}}, RunPhase::stopping, 60 * second)) == "nothing");
}

TEST_CASE("a process that does not get ready says so, and one that flaps does not flood the log") {
  ReadinessLog log;
  CHECK(text(log.update(away, RunPhase::running, second)) == "nothing");
  CHECK(text(log.update(away, RunPhase::running, 11 * second)) == "not ready: trades is not connected");
  CHECK(text(log.update({}, RunPhase::running, 21 * second)) == "ready after 20 s");
  int lines = 0;
  for (int i = 0; i < 60; ++i)
    lines += log.update(i % 2 == 0 ? away : std::vector<Reason>{}, RunPhase::running, (30 + i) * second) ? 1 : 0;
  CHECK(lines <= 13);
  CHECK(log.update({}, RunPhase::running, 200 * second).has_value() != (lines % 2 == 0));
}
