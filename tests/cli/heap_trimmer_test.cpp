// SPDX-License-Identifier: Apache-2.0
#include "heap_trimmer.hpp"

#include <cstdlib>
#include <cstring>
#include <vector>

#include "catch.hpp"

using sluice::cli::HeapState;
using sluice::cli::HeapTrimmer;
using namespace std::chrono_literals;

namespace {

constexpr uint64_t mib = 1 << 20;

/// As a stall leaves it: much was needed, in small pieces, and here and there one of them still is.
class AfterAStall {
 public:
  explicit AfterAStall(uint64_t bytes) {
    for (uint64_t i = 0; i < bytes / piece_bytes; ++i) {
      pieces_.push_back(std::malloc(piece_bytes));
      std::memset(pieces_.back(), 1, piece_bytes);
    }
    for (size_t i = 0; i < pieces_.size(); ++i) {
      if (i % 1'000 != 0) std::free(std::exchange(pieces_[i], nullptr));
    }
  }
  ~AfterAStall() {
    for (void* piece : pieces_) std::free(piece);
  }
  AfterAStall(const AfterAStall&) = delete;
  AfterAStall& operator=(const AfterAStall&) = delete;

 private:
  static constexpr uint64_t piece_bytes = 200;
  std::vector<void*> pieces_;
};

}  // namespace

TEST_CASE("what was idle for ten seconds is given back") {
  const uint64_t before = HeapState::look()->resident;
  const AfterAStall stall(200 * mib);
  const uint64_t stalled = HeapState::look()->resident;
  REQUIRE(stalled > before + 150 * mib);
  HeapTrimmer trimmer;
  const auto start = HeapTrimmer::Clock::now();
  trimmer.tick(start);
  trimmer.tick(start + 9s);
  CHECK(HeapState::look()->resident > before + 150 * mib);
  trimmer.tick(start + 10s);
  CHECK(HeapState::look()->resident < before + 50 * mib);
}

TEST_CASE("only idle memory that is much and stays idle is worth it") {
  HeapTrimmer trimmer;
  const auto start = HeapTrimmer::Clock::now();
  CHECK_FALSE(trimmer.is_due({130 * mib, 30 * mib}, start));
  CHECK_FALSE(trimmer.is_due({130 * mib, 125 * mib}, start + 9s));  // wanted again in between
  CHECK_FALSE(trimmer.is_due({130 * mib, 30 * mib}, start + 10s));
  CHECK(trimmer.is_due({130 * mib, 30 * mib}, start + 20s));
  CHECK_FALSE(trimmer.is_due({40 * mib, 10 * mib}, start + 60s));
  CHECK_FALSE(trimmer.is_due({40 * mib, 10 * mib}, start + 90s));
  CHECK_FALSE(trimmer.is_due({900 * mib, 500 * mib}, start + 120s));
  CHECK_FALSE(trimmer.is_due({900 * mib, 500 * mib}, start + 150s));
}
