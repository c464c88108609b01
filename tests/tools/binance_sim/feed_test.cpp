// SPDX-License-Identifier: Apache-2.0
#include "feed.hpp"

#include "catch.hpp"

using namespace sluice::sim;
using namespace std::chrono_literals;

namespace {

Now at(std::chrono::nanoseconds since) { return {Time{} + 1h + since, 1'700'000'000'000}; }

Wanted everything() {
  Wanted wanted;
  wanted.all = true;
  return wanted;
}

struct Pulled {
  Tape tape;
  std::uint64_t issued = 0;
  Feed::Issued count = [this](const Event&) { ++issued; };
};

Capture three_frames() {
  Capture capture;
  const std::string frame = R"( {"stream":"btcusdt@trade","data":{"e":"trade","s":"BTCUSDT","t":1,"p":"1","q":"1"}})";
  capture.add_text("1700000000.000:" + frame + "\n1700000000.100:" + frame + "\n1700000001.000:" + frame + "\n");
  capture.finish();
  return capture;
}

}  // namespace

TEST_CASE("A generated feed keeps its rate, and catches up a tenth of a second at most") {
  const auto feed = make_generated_feed(1, {1000, 1, {}});
  Pulled got;
  feed->resume(at(0s), false, got.count);
  for (auto t = 0ms; t <= 10s; t += 1ms) feed->pull(at(t), everything(), 1000, got.tape, got.count);
  CHECK(got.issued > 9'600);
  CHECK(got.issued < 10'700);  // a burst may stand at the end
  REQUIRE(feed->next_due());
  CHECK(*feed->next_due() > at(10s).steady);

  const std::uint64_t before = got.issued;
  feed->pull(at(60s), everything(), 100'000, got.tape, got.count);
  CHECK(got.issued - before < 1'000);
}

TEST_CASE("Flat out, the room is the bound, and only wanted events take it") {
  const auto feed = make_generated_feed(1, {0, 1, {}});
  Wanted wanted;
  wanted.streams = {1};  // btcusdt@trade
  Pulled got;
  feed->resume(at(0s), false, got.count);
  feed->pull(at(0s), wanted, 500, got.tape, got.count);
  REQUIRE(got.tape.end() == 500);
  CHECK(got.issued > 2'000);
  for (std::uint64_t i = 0; i < 500; ++i) REQUIRE(got.tape.at(i).stream == 0);
  CHECK_FALSE(feed->next_due());
}

TEST_CASE("A market that waits loses nothing, one that goes on does") {
  for (const bool went_on : {false, true}) {
    const auto feed = make_generated_feed(1, {1000, 1, {}});
    Pulled got;
    feed->resume(at(0s), went_on, got.count);
    feed->pull(at(0s), everything(), 10, got.tape, got.count);
    feed->resume(at(5s), went_on, got.count);
    feed->pull(at(5s), everything(), 10, got.tape, got.count);
    CHECK((got.issued > got.tape.end() + 4'000) == went_on);
    CHECK((got.issued == got.tape.end()) != went_on);
  }
}

TEST_CASE("Start time: the times follow the number of events") {
  const auto feed = make_generated_feed(1, {1000, 1, 42'000});
  Pulled got;
  feed->resume(at(0s), false, got.count);
  for (auto t = 0ms; t <= 2s; t += 1ms) feed->pull(at(t), everything(), 1000, got.tape, got.count);
  std::int64_t last = 0;
  for (std::uint64_t i = 0; i < got.tape.end(); ++i)
    if (got.tape.at(i).kind == EventKind::trade) last = got.tape.at(i).event_time_ms;
  CHECK(last > 43'500);
  CHECK(last < 44'500);
}

TEST_CASE("A capture comes by its receive times, times the speed") {
  const Capture capture = three_frames();
  const auto feed = make_capture_feed(capture, {0, 2, {}});
  Pulled got;
  feed->resume(at(0s), false, got.count);
  feed->pull(at(0s), everything(), 10, got.tape, got.count);
  CHECK(got.tape.end() == 1);
  feed->pull(at(49ms), everything(), 10, got.tape, got.count);
  CHECK(got.tape.end() == 1);
  feed->pull(at(50ms), everything(), 10, got.tape, got.count);
  CHECK(got.tape.end() == 2);
  CHECK(feed->next_due() == at(500ms).steady);

  feed->resume(at(10s), false, got.count);  // it stood still: the next frame is due now
  feed->pull(at(10s), everything(), 10, got.tape, got.count);
  CHECK(got.tape.end() == 3);
  CHECK(feed->ended());
}

TEST_CASE("A capture that went on without a listener is lost to it; flat out it comes at once") {
  const Capture capture = three_frames();
  const auto live = make_capture_feed(capture, {0, 1, {}});
  Pulled got;
  live->resume(at(0s), true, got.count);
  live->pull(at(0s), everything(), 10, got.tape, got.count);
  live->resume(at(500ms), true, got.count);
  live->pull(at(1s), everything(), 10, got.tape, got.count);
  CHECK(got.issued == 3);
  CHECK(got.tape.end() == 2);

  const auto flat = make_capture_feed(capture, {0, 0, {}});
  Pulled all;
  flat->resume(at(0s), false, all.count);
  flat->pull(at(0s), everything(), 10, all.tape, all.count);
  CHECK(all.tape.end() == 3);
}
