// SPDX-License-Identifier: Apache-2.0
#include "observe/numbers.hpp"

#include "catch.hpp"

using namespace sluice::engine;

TEST_CASE("numbers are grouped by three") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1'000) == "1,000");
  CHECK(grouped(1'234'567) == "1,234,567");
  CHECK(grouped(UINT64_MAX) == "18,446,744,073,709,551,615");
}

TEST_CASE("durations have three digits and the unit that suits them, at the borders too") {
  CHECK(rounded_duration(0) == "0 ns");
  CHECK(rounded_duration(850) == "850 ns");
  CHECK(rounded_duration(999) == "999 ns");
  CHECK(rounded_duration(1'000) == "1 us");
  CHECK(rounded_duration(12'345) == "12.3 us");
  CHECK(rounded_duration(999'499) == "999 us");
  CHECK(rounded_duration(999'500) == "1 ms");
  CHECK(rounded_duration(999'999) == "1 ms");
  CHECK(rounded_duration(3'210'000) == "3.21 ms");
  CHECK(rounded_duration(999'499'000) == "999 ms");
  CHECK(rounded_duration(999'600'000) == "1.0 s");
  CHECK(rounded_duration(12'500'000'000) == "12.5 s");
}
