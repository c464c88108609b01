// SPDX-License-Identifier: Apache-2.0
// The judgement of ids, by cases and against a model that remembers every id.
#include "continuity.hpp"

#include <map>
#include <random>
#include <set>

#include "catch.hpp"

using namespace sluice::binance;

namespace {

using What = GapNote::What;
constexpr int64_t second_ns = 1'000'000'000;

struct Bench {
  StreamTable streams;
  Continuity continuity;
  std::vector<GapNote> notes;
  int64_t now_ns = 100 * second_ns;

  Bench() : streams(make()), continuity(streams) {}
  static StreamTable make() {
    StreamTable table;
    table.add({"btcusdt@trade", "trade", "BTCUSDT", EventType::trade});
    table.add({"btcusdt@aggTrade", "aggTrade", "BTCUSDT", EventType::agg_trade});
    table.add({"btcusdt@bookTicker", "bookTicker", "BTCUSDT", EventType::book_ticker});
    table.add({"!bookTicker", "!bookTicker", "", EventType::book_ticker});
    return table;
  }
  const Stream& stream(std::string_view type) const {
    for (const Stream* each : streams.all()) {
      if (each->type == type) return *each;
    }
    throw std::logic_error("no such stream");
  }
  Verdict see(std::string_view type, int64_t id, int64_t time = 0, int64_t first_trade = 0, int64_t last_trade = -1) {
    Event event;
    event.stream = &stream(type);
    event.id = id;
    event.first_trade = first_trade;
    event.last_trade = last_trade;
    event.has_trade_time = event.stream->event != EventType::book_ticker;
    event.trade_time_ns = time == 0 ? id : time;
    const Verdict verdict = continuity.see(event, now_ns);
    take();
    return verdict;
  }
  void take() {
    for (GapNote& note : continuity.take_notes()) notes.push_back(std::move(note));
  }
};

}  // namespace

TEST_CASE("nothing is missing before the first event of a stream") {
  Bench bench;
  CHECK(bench.see("trade", 1000) == Verdict::next);
  CHECK(bench.see("trade", 1001) == Verdict::next);
  CHECK(bench.see("aggTrade", 7, 0, 50, 52) == Verdict::next);
  CHECK(bench.see("aggTrade", 8, 0, 53, 53) == Verdict::next);
  CHECK(bench.see("bookTicker", 5) == Verdict::next);
  CHECK(bench.see("bookTicker", 90) == Verdict::next);
  CHECK(bench.notes.empty());
  CHECK(bench.continuity.open() == Continuity::Open{});
}

TEST_CASE("a skipped range of ids is one gap, and says since when and why") {
  Bench bench;
  bench.see("trade", 10);
  bench.now_ns += second_ns;
  CHECK(bench.see("trade", 15) == Verdict::gap);
  REQUIRE(bench.notes.size() == 1);
  const GapNote& note = bench.notes[0];
  CHECK(note.what == What::found);
  CHECK(note.ids == IdRange{11, 14});
  CHECK(note.since_ns == 100 * second_ns);
  CHECK(*note.cause == "ids skipped while connected");
  CHECK(bench.continuity.open() == Continuity::Open{1, 4, 100 * second_ns});
}

TEST_CASE("what is missing behind a lost connection is missing for its cause, and only the first time") {
  Bench bench;
  bench.see("trade", 10);
  bench.continuity.lost("cut: the connection broke");
  bench.continuity.lost("unreachable");
  CHECK(bench.see("trade", 12) == Verdict::gap);
  CHECK(bench.see("trade", 14) == Verdict::gap);
  REQUIRE(bench.notes.size() == 2);
  CHECK(*bench.notes[0].cause == "cut: the connection broke");
  CHECK(*bench.notes[1].cause == "ids skipped while connected");
}

TEST_CASE("a lost connection behind which nothing is missing leaves no gap") {
  Bench bench;
  bench.see("trade", 10);
  bench.see("bookTicker", 70);
  bench.continuity.lost("cut");
  CHECK(bench.see("trade", 11) == Verdict::next);
  CHECK(bench.see("bookTicker", 70) == Verdict::repeat);
  CHECK(bench.see("bookTicker", 75) == Verdict::next);
  CHECK(bench.notes.empty());
}

TEST_CASE("an event that comes late fills its gap, once") {
  Bench bench;
  bench.see("trade", 10);
  bench.see("trade", 14);
  CHECK(bench.see("trade", 12) == Verdict::filled);
  CHECK(bench.see("trade", 12) == Verdict::repeat);
  CHECK(bench.see("trade", 11) == Verdict::filled);
  CHECK(bench.see("trade", 13) == Verdict::filled);
  CHECK(bench.see("trade", 15) == Verdict::next);
  REQUIRE(bench.notes.size() == 4);
  CHECK_FALSE(bench.notes[1].closes);
  CHECK_FALSE(bench.notes[2].closes);
  CHECK(bench.notes[3].closes);
  CHECK_FALSE(bench.notes[3].has_permanent);
  for (const GapNote& note : bench.notes) CHECK(note.gap == IdRange{11, 13});
  CHECK(bench.continuity.open() == Continuity::Open{});
}

TEST_CASE("an old trade is a repeat, and a new trade with an old id begins another count") {
  Bench bench;
  bench.see("trade", 1000);
  bench.see("trade", 1002);
  CHECK(bench.see("trade", 1000) == Verdict::repeat);
  CHECK(bench.see("trade", 3) == Verdict::repeat);
  CHECK(bench.see("trade", 3, 5000) == Verdict::regression);
  CHECK(bench.see("trade", 4, 5001) == Verdict::next);
  REQUIRE(bench.notes.size() == 2);
  CHECK(bench.notes[1].what == What::permanent);
  CHECK(bench.notes[1].ids == IdRange{1001, 1001});
  CHECK(bench.notes[1].closes);
}

TEST_CASE("a repeat is one although times of trades went back behind it") {
  Bench bench;
  bench.see("trade", 10, 500);
  bench.see("trade", 11, 499);
  CHECK(bench.see("trade", 10, 500) == Verdict::repeat);
  CHECK(bench.see("trade", 12, 499) == Verdict::next);
  CHECK(bench.see("trade", 14, 499) == Verdict::gap);
  CHECK(bench.see("trade", 10, 500) == Verdict::repeat);
}

TEST_CASE("a wrong id is known by what is traded later, and the count goes on below it") {
  Bench bench;
  bench.see("trade", 10, 5 * second_ns);
  CHECK(bench.see("trade", 1'000'000, 5 * second_ns) == Verdict::gap);
  CHECK(bench.see("trade", 11, 6 * second_ns) == Verdict::filled);
  CHECK(bench.see("trade", 12, 6 * second_ns + 1) == Verdict::regression);
  CHECK(bench.continuity.open() == Continuity::Open{});
  CHECK(bench.notes.back().closes);
  CHECK(bench.see("trade", 13, 6 * second_ns + 1) == Verdict::next);
}

TEST_CASE("aggregates are held against the trades that they fold") {
  Bench bench;
  bench.see("aggTrade", 1, 0, 10, 12);
  CHECK(bench.see("aggTrade", 2, 0, 13, 13) == Verdict::next);
  CHECK(bench.see("aggTrade", 3, 0, 16, 17) == Verdict::gap);
  CHECK(bench.see("aggTrade", 4, 0, 18, 18) == Verdict::next);
  REQUIRE(bench.notes.size() == 2);
  CHECK(bench.notes[0].of == GapNote::Of::folds);
  CHECK(bench.notes[0].ids == IdRange{14, 15});
  CHECK(bench.notes[1].what == What::permanent);
  CHECK(bench.continuity.open() == Continuity::Open{});
  CHECK(bench.see("aggTrade", 6, 0, 30, 30) == Verdict::gap);  // by its ids, and not by the trades too
  CHECK(bench.notes.size() == 3);
}

TEST_CASE("quotes that went by while there was no connection are missing for good") {
  Bench bench;
  bench.see("bookTicker", 70);
  bench.continuity.lost("closed: by the exchange");
  CHECK(bench.see("bookTicker", 95) == Verdict::gap);
  CHECK(bench.see("bookTicker", 96) == Verdict::next);
  REQUIRE(bench.notes.size() == 2);
  CHECK(bench.notes[0].what == What::found);
  CHECK(bench.notes[1].what == What::permanent);
  CHECK(bench.notes[1].closes);
  for (const GapNote& note : bench.notes) {
    CHECK(note.of == GapNote::Of::quotes);
    CHECK(note.ids == IdRange{70, 95});
    CHECK(*note.cause == "closed: by the exchange");
  }
  CHECK(bench.see("bookTicker", 80) == Verdict::regression);
  CHECK(bench.see("bookTicker", 81) == Verdict::next);
}

TEST_CASE("streams of all symbols are not judged") {
  Bench bench;
  for (const int64_t id : {5, 9, 2, 2}) CHECK(bench.see("!bookTicker", id) == Verdict::next);
  bench.continuity.lost("cut");
  CHECK(bench.see("!bookTicker", 100) == Verdict::next);
  CHECK(bench.notes.empty());
}

TEST_CASE("an id that is known from elsewhere shows what was missed before the first event") {
  Bench bench;
  bench.continuity.learn(bench.stream("trade"), 10);
  CHECK(bench.see("trade", 13) == Verdict::gap);
  REQUIRE(bench.notes.size() == 1);
  CHECK(bench.notes[0].ids == IdRange{11, 12});
  CHECK(bench.notes[0].since_ns == 0);
  bench.continuity.learn(bench.stream("aggTrade"), 10);
  CHECK(bench.see("aggTrade", 11) == Verdict::next);
  bench.continuity.learn(bench.stream("aggTrade"), 5);  // too late to count
  CHECK(bench.see("aggTrade", 12) == Verdict::next);
}

TEST_CASE("while a stream is watched, its events in order say so") {
  Bench bench;
  bench.see("trade", 10);
  bench.continuity.watch(bench.stream("trade"), true);
  CHECK(bench.see("trade", 11) == Verdict::behind);
  CHECK(bench.see("trade", 13) == Verdict::gap);
  CHECK(bench.continuity.barrier(bench.stream("trade")) == 12);
  bench.continuity.wait_no_more(bench.stream("trade"));
  CHECK(bench.continuity.barrier(bench.stream("trade")) == std::numeric_limits<int64_t>::max());
  bench.continuity.watch(bench.stream("trade"), false);
  CHECK(bench.see("trade", 14) == Verdict::next);
  CHECK(bench.see("trade", 12) == Verdict::filled);
}

TEST_CASE("parts of a gap close by themselves, and the last of them says how it ended") {
  Bench bench;
  bench.see("trade", 10);
  bench.see("trade", 20);
  CHECK(bench.continuity.repaired(bench.stream("trade"), {5, 12}) == std::vector<IdRange>{{11, 12}});
  bench.continuity.give_up(bench.stream("trade"), {15, 16}, "gone");
  CHECK(bench.continuity.repaired(bench.stream("trade"), {11, 30}) == std::vector<IdRange>{{13, 14}, {17, 19}});
  bench.take();
  REQUIRE(bench.notes.size() == 5);
  CHECK(bench.notes[4].closes);
  CHECK(bench.notes[4].has_permanent);
  CHECK(bench.notes[2].reason == "gone");
  CHECK(bench.continuity.open() == Continuity::Open{});
}

TEST_CASE("ids at the ends of what 64 bits hold are not judged") {
  Bench bench;
  bench.see("trade", 10);
  for (const int64_t id : {std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min(), int64_t{-1}}) {
    CHECK(bench.see("trade", id) == Verdict::next);
    CHECK(bench.see("bookTicker", id) == Verdict::next);
  }
  CHECK(bench.see("trade", 11) == Verdict::next);
  CHECK(bench.see("aggTrade", 1, 0, 1, std::numeric_limits<int64_t>::max()) == Verdict::next);
  CHECK(bench.see("aggTrade", 2, 0, 9, 9) == Verdict::next);
}

TEST_CASE("open ranges are bounded: the oldest becomes permanent") {
  Bench bench;
  int64_t gaps = 0;
  for (int64_t id = 0; id < 2000; id += 2) gaps += bench.see("trade", id) == Verdict::gap ? 1 : 0;
  CHECK(gaps == 999);
  CHECK(bench.continuity.open().gaps == Continuity::most_open_ranges);
  CHECK(bench.see("trade", 1997) == Verdict::filled);
  bench.continuity.give_up_all("the end");
  bench.take();
  std::map<What, int64_t> ids;
  for (const GapNote& note : bench.notes) ids[note.what] += static_cast<int64_t>(note.ids.count());
  CHECK(ids[What::found] == 999);
  CHECK(ids[What::repaired] == 1);
  CHECK(ids[What::permanent] == 998);
}

// The model knows every id that came and every id that is missing. Whatever is dropped, swapped, repeated, repaired or
// given up: each id below the newest is emitted once or permanent, and what is open is what the model misses.
TEST_CASE("every id is emitted once, or in a record of a gap", "[property]") {
  const uint32_t seed = GENERATE(range(0u, 40u));
  std::mt19937 random(seed);
  Bench bench;
  std::map<int64_t, int> emitted;
  std::set<int64_t> missing, permanent;
  int64_t newest = -1, first = -1;
  std::vector<int64_t> wire;
  for (int64_t id = 100; id < 1100; ++id) {
    if (random() % 10 == 0) continue;
    wire.push_back(id);
    if (random() % 20 == 0) wire.push_back(id - static_cast<int64_t>(random() % 5));
    if (wire.size() > 3 && random() % 10 == 0) std::swap(wire[wire.size() - 1], wire[wire.size() - 3]);
  }
  const Stream& trade = bench.stream("trade");
  const auto close = [&](IdRange ids, bool repairs) {
    std::vector<int64_t> closing;
    for (const int64_t id : missing) {
      if (id >= ids.first && id <= ids.last) closing.push_back(id);
    }
    if (repairs) {
      size_t count = 0;
      for (const IdRange& part : bench.continuity.repaired(trade, ids)) {
        count += part.count();
        for (int64_t id = part.first; id <= part.last; ++id) ++emitted[id];
      }
      REQUIRE(count == closing.size());
    } else {
      bench.continuity.give_up(trade, ids, "gone");
      permanent.insert(closing.begin(), closing.end());
    }
    for (const int64_t id : closing) missing.erase(id);
  };
  for (const int64_t id : wire) {
    if (random() % 50 == 0) bench.continuity.lost("cut");
    if (random() % 30 == 0) bench.continuity.watch(trade, random() % 2 == 0);
    if (random() % 60 == 0) {
      const int64_t from = 100 + static_cast<int64_t>(random() % 1000);
      close({from, from + static_cast<int64_t>(random() % 50)}, random() % 2 == 0);
    }
    const Verdict verdict = bench.see("trade", id);
    const bool is_first = first < 0;
    if (is_first) first = newest = id;
    INFO("seed " << seed << ", id " << id);
    if (!is_first && id <= newest) {
      REQUIRE((verdict == Verdict::filled) == missing.contains(id));
      REQUIRE((verdict == Verdict::filled || verdict == Verdict::repeat));
      if (verdict == Verdict::filled) ++emitted[id];
      missing.erase(id);
    } else {
      REQUIRE((verdict == Verdict::gap) == (id > newest + 1));
      for (int64_t lost = newest + 1; lost < id; ++lost) missing.insert(lost);
      ++emitted[id];
      newest = id;
    }
    REQUIRE(bench.continuity.open().ids == missing.size());
  }
  bench.continuity.give_up_all("the end");
  permanent.insert(missing.begin(), missing.end());
  for (int64_t id = first; id <= newest; ++id) {
    INFO("seed " << seed << ", id " << id);
    REQUIRE((permanent.contains(id) ? 1 : 0) + emitted[id] == 1);
  }
  bench.take();
  std::map<What, uint64_t> noted;
  uint64_t gaps = 0;
  for (const GapNote& note : bench.notes) {
    noted[note.what] += note.ids.count();
    if (note.what == What::found) ++gaps;
    if (note.closes) --gaps;
  }
  CHECK(noted[What::found] == noted[What::repaired] + noted[What::permanent]);
  CHECK(noted[What::permanent] == permanent.size());
  CHECK(gaps == 0);
}
