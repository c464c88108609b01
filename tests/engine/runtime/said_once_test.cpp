// SPDX-License-Identifier: Apache-2.0
// What a node says as a sentence and as its status is one line, the limit holds for both ways of saying it, and where a
// status ends up is always said.
#include <algorithm>

#include "logged.hpp"
#include "runtime/just_said.hpp"

using namespace sluice;
using namespace sluice::testing;
using engine::JustSaid;
using Lines = std::vector<std::string>;

namespace {

size_t count(const Lines& lines, std::string_view part) {
  return static_cast<size_t>(std::count_if(
      lines.begin(), lines.end(), [&](const std::string& line) { return line.find(part) != std::string::npos; }));
}

}  // namespace

TEST_CASE("a status that the limit withholds is said when the run ends, and is not lost to the one before it") {
  const Lines lines = logged([](Context& context) {
    for (int i = 0; i < 100; ++i) {
      context.blocked("fault " + std::to_string(i));
      context.warn("fault " + std::to_string(i) + "; it is tried again");
    }
  });
  CHECK(lines.size() < 12);
  CHECK(count(lines, "fault 99") == 1);
  CHECK(count(lines, "changes before it were not logged") == 1);
}

TEST_CASE("a node that flaps between two faults logs each once, whichever way it says them") {
  const Lines lines = logged([](Context& context) {
    for (int i = 0; i < 100; ++i) {
      const std::string fault = i % 2 == 0 ? "the server is away" : "the disk is full";
      context.blocked(fault);
      context.warn(fault + "; it is tried again");
    }
  });
  CHECK(lines == Lines{"blocked: the server is away", "blocked: the disk is full"});
}

TEST_CASE("a sentence that only begins like the status is another sentence") {
  const Lines lines = logged([](Context& context) {
    context.blocked("the table refuses record 1");
    context.warn("the table refuses record 17");
  });
  CHECK(lines == Lines{"blocked: the table refuses record 1", "the table refuses record 17"});
}

TEST_CASE("both halves of a relay log the same once, and a status that came back is said again") {
  JustSaid said;
  const auto was = [&](const char* node, JustSaid::Kind kind, const char* line, int64_t now_ns) {
    return said.was(node, kind, line, now_ns);
  };
  constexpr int64_t second = 1'000'000'000;
  CHECK_FALSE(was("log", JustSaid::Kind::status, "blocked: away", 0));
  CHECK(was("log", JustSaid::Kind::status, "blocked: away", 1));
  CHECK_FALSE(was("other", JustSaid::Kind::status, "blocked: away", 1));
  CHECK_FALSE(was("log", JustSaid::Kind::status, "ready again", 2));
  CHECK_FALSE(was("log", JustSaid::Kind::status, "blocked: away", 3));
  CHECK_FALSE(was("log", JustSaid::Kind::sentence, "a sentence", 4));
  CHECK(was("log", JustSaid::Kind::sentence, "a sentence", second));
  CHECK_FALSE(was("log", JustSaid::Kind::sentence, "a sentence", 2 * second));
}
