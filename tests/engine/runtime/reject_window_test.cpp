// SPDX-License-Identifier: Apache-2.0
// Rejects among the latest verdicts, beside a list of all verdicts.
#include "runtime/reject_window.hpp"

#include <random>
#include <vector>

#include "catch.hpp"

using sluice::engine::RejectWindow;
using sluice::engine::StopAfter;

namespace {

uint64_t rejects_among_latest(const std::vector<bool>& is_reject, uint64_t of) {
  uint64_t count = 0;
  for (size_t i = is_reject.size() - std::min<size_t>(is_reject.size(), of); i < is_reject.size(); ++i) {
    count += is_reject[i] ? 1 : 0;
  }
  return count;
}

}  // namespace

TEST_CASE("the limit is reached when so many of the latest verdicts are rejects, as a list of all of them says") {
  std::mt19937_64 random(11);
  for (int round = 0; round < 300; ++round) {
    const uint64_t of = 1 + random() % 60;
    const StopAfter limit{1 + random() % of, of};
    const uint64_t one_of = 1 + random() % 5;
    RejectWindow window;
    std::vector<bool> all;
    for (int turn = 0; turn < 200; ++turn) {
      const uint64_t records = 1 + random() % 7;
      const bool is_reject = random() % one_of == 0;
      const uint64_t before = all.size();
      all.insert(all.end(), records, is_reject);
      if (is_reject)
        REQUIRE(window.reaches(limit, before, records) == (rejects_among_latest(all, of) >= limit.rejects));
    }
  }
}

TEST_CASE("a count of earlier verdicts that lags behind counts no reject twice and forgets none") {
  RejectWindow window;
  const StopAfter limit{4, 10};
  CHECK_FALSE(window.reaches(limit, 0, 2));
  CHECK_FALSE(window.reaches(limit, 0, 1));
  CHECK(window.reaches(limit, 1, 1));
}
