// SPDX-License-Identifier: Apache-2.0
// The first refusals of a minute are named, the others counted.
#include "runtime/refusal_log.hpp"

#include "checks.hpp"
#include "gather.hpp"

using namespace sluice;
using namespace sluice::testing;
using engine::RefusalLog;
using Lines = std::vector<std::string>;

namespace {

std::string seven() { return "begins with 7"; }

/// What a run logs, as far as it is wanted, in which picky refuses some of the numbers.
Lines lines_of_run(NumbersState& numbers, CollectState& picky, bool (*is_wanted)(uint32_t, const std::string&)) {
  CollectState rejects;
  GraphBuilder graph;
  graph.node("numbers", numbers_type, numbers);
  graph.node("picky", collect_type, picky);
  graph.node("rejects", collect_type, rejects);
  graph.edge("numbers", "picky").dead_letter = graph.dead_letter("rejects");
  std::mutex mutex;
  Lines lines;
  engine::RuntimeOptions options;
  options.log = [&](uint32_t level, const std::string& node, std::string_view sentence) {
    if (!is_wanted(level, node)) return;
    const std::lock_guard lock(mutex);
    lines.emplace_back(sentence);
  };
  engine::GraphRuntime runtime(graph.build(), std::move(options));
  run_to_end(runtime);
  return lines;
}

}  // namespace

TEST_CASE("a few refusals of a minute are named, the rest is counted when it is over") {
  RefusalLog log;
  constexpr int64_t begin = 5;
  CHECK(log.refused(1, "price is missing", "rejects", seven, begin) ==
        Lines{"refused 1 record, which goes to \"rejects\": price is missing; it begins with 7"});
  CHECK(log.refused(12, "too large", "rejects", seven, begin) ==
        Lines{"refused 12 records, which go to \"rejects\": too large; the first begins with 7"});
  CHECK(log.refused(
            1, "a tombstone", "rejects", [] { return std::string("is empty"); }, begin) ==
        Lines{"refused 1 record, which goes to \"rejects\": a tombstone; it is empty"});
  for (uint32_t i = 3; i + 1 < RefusalLog::most_named; ++i)
    CHECK(log.refused(1, "bad", "rejects", seven, begin).size() == 1);
  CHECK(log.refused(1, "bad", "rejects", seven, begin) ==
        Lines{"refused 1 record, which goes to \"rejects\": bad; it begins with 7; further ones of this minute are "
              "only counted"});
  for (int i = 0; i < 100; ++i) CHECK(log.refused(2, "bad", "rejects", seven, begin + i).empty());
  CHECK_FALSE(log.rest(begin + RefusalLog::minute_ns - 1));
  CHECK(log.rest(begin + RefusalLog::minute_ns) == "refused 200 records more in that minute");
  CHECK_FALSE(log.rest(begin + RefusalLog::minute_ns));
}

TEST_CASE("the next minute names again, after what the last one left") {
  RefusalLog log;
  for (uint32_t i = 0; i < RefusalLog::most_named; ++i) log.refused(1, "bad", "rejects", seven, 0);
  log.refused(1, "bad", "rejects", seven, 0);
  CHECK(log.refused(1, "worse", "rejects", seven, RefusalLog::minute_ns) ==
        Lines{"refused 1 record more in that minute",
              "refused 1 record, which goes to \"rejects\": worse; it begins with 7"});
  CHECK_FALSE(log.rest(INT64_MAX));
}

TEST_CASE("a run logs its refusals, and at its end those that it did not name") {
  NumbersState numbers{.total = 20, .per_batch = 1};
  CollectState picky;
  picky.is_refused = [](uint64_t number) { return number % 2 == 0; };
  const Lines lines = lines_of_run(numbers, picky, [](uint32_t level, const std::string& node) {
    return level == SLUICE_LOG_WARN && node == "picky";
  });
  REQUIRE(lines.size() == RefusalLog::most_named + 1);
  CHECK(lines.front() == "refused 1 record, which goes to \"rejects\": the test refuses it; it begins with 0");
  CHECK(lines.back() == "refused 5 records more in that minute");
}

TEST_CASE("records that are refused for the same reason at once have a line each") {
  NumbersState numbers{.total = 4, .per_batch = 1};
  CollectState picky;
  picky.is_refused = [](uint64_t) { return true; };
  const Lines lines = lines_of_run(numbers, picky, [](uint32_t, const std::string&) { return true; });
  REQUIRE(lines.size() == 4);
  for (size_t i = 0; i < lines.size(); ++i) CHECK(lines[i].ends_with("it begins with " + std::to_string(i)));
}
