// SPDX-License-Identifier: Apache-2.0
// What an earlier run left open, read out of the newest records of gaps, and a model of runs that are killed at any
// moment: each goes on with what the one before it left open, and every id is stored once in the end.
#include "open_gaps.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "catch.hpp"
#include "gap_report.hpp"
#include "tail_part_kit.hpp"

using namespace sluice;
using namespace sluice::binance;
using test::end;
using test::give;

namespace {

StreamTable make_streams() {
  StreamTable table;
  table.add({"btcusdt@trade", "trade", "BTCUSDT", EventType::trade});
  table.add({"btcusdt@aggTrade", "aggTrade", "BTCUSDT", EventType::agg_trade});
  table.add({"btcusdt@bookTicker", "bookTicker", "BTCUSDT", EventType::book_ticker});
  return table;
}
const StreamTable streams = make_streams();
const Stream& btc_trade = *streams.find("btcusdt@trade");

GapNote note(GapNote::What what, IdRange gap, IdRange ids, const Stream& stream = btc_trade) {
  static const auto cause = std::make_shared<const std::string>("closed: the \"other\" side ended");
  return {what, GapNote::Of::ids, &stream, gap, ids, 1'700'000'000'123'456'000, cause, "", false, false};
}
std::string found(IdRange gap, int64_t at_s = 1) {
  return gap_json(note(GapNote::What::found, gap, gap), at_s * 1'000'000'000);
}
std::string repaired(IdRange gap, IdRange ids, int64_t at_s = 2) {
  return gap_json(note(GapNote::What::repaired, gap, ids), at_s * 1'000'000'000);
}
std::string lasting(IdRange gap, IdRange ids, int64_t at_s = 2) {
  return gap_json(note(GapNote::What::permanent, gap, ids), at_s * 1'000'000'000);
}

std::vector<IdRange> open_of(const std::vector<std::string>& payloads) {
  OpenGaps gaps(streams.all());
  give(gaps, "log", "0", payloads);
  std::vector<IdRange> all;
  for (const OpenGap& gap : gaps.open()) all.insert(all.end(), gap.open.begin(), gap.open.end());
  return all;
}

using Ranges = std::vector<IdRange>;

}  // namespace

TEST_CASE("a gap is open as far as no record closes it, in whichever order the records come") {
  std::vector<std::string> records = {found({6, 8}),
                                      found({20, 99}),
                                      repaired({20, 99}, {20, 39}),
                                      lasting({20, 99}, {50, 59}),
                                      found({200, 300}),
                                      repaired({200, 300}, {200, 250}),
                                      lasting({200, 300}, {251, 300})};
  const auto order = GENERATE(range(0u, 5u));
  std::shuffle(records.begin(), records.end(), std::mt19937(order));
  CHECK(open_of(records) == Ranges{{6, 8}, {40, 49}, {60, 99}});
}

TEST_CASE("an open gap keeps its name, its cause and its time") {
  OpenGaps gaps(streams.all());
  give(gaps, "log", "1", {repaired({20, 99}, {20, 39}), found({20, 99})});
  const std::vector<OpenGap> open = gaps.open();
  REQUIRE(open.size() == 1);
  CHECK(open[0].stream == &btc_trade);
  CHECK(open[0].gap == IdRange{20, 99});
  CHECK(open[0].cause == "closed: the \"other\" side ended");
  CHECK(open[0].since_ns == 1'700'000'000'123'456'000);
}

TEST_CASE("what closed an earlier gap of the same name does not close the later one") {
  CHECK(open_of({found({6, 8}, 3), repaired({6, 8}, {6, 8}, 2), found({6, 8}, 1)}) == Ranges{{6, 8}});
  CHECK(open_of({repaired({6, 8}, {6, 7}, 4), found({6, 8}, 3), lasting({6, 8}, {6, 8}, 2)}) == Ranges{{8, 8}});
}

TEST_CASE("a store that keeps fields says how far a gap was closed") {
  const auto row = [](const char* gap, const char* state, int64_t last) {
    return std::string(R"({"gap":")") + gap + R"(","state":")" + state + R"(","last_id":)" + std::to_string(last) + "}";
  };
  CHECK(open_of({row("btcusdt@trade/6-8", "found", 8), row("btcusdt@trade/20-99", "found", 99),
                 row("btcusdt@trade/20-99", "permanent", 29), row("btcusdt@trade/20-99", "repaired", 49),
                 row("btcusdt@trade/200-300", "found", 300), row("btcusdt@trade/200-300", "repaired", 300)}) ==
        Ranges{{6, 8}, {50, 99}});
}

TEST_CASE("what cannot be repaired, and what is no record of a gap, is passed over") {
  CHECK(open_of({"", "no JSON", "[]", R"({"gap":"btcusdt@trade/6-8"})", R"({"gap":7,"state":"found"})",
                 R"({"gap":"btcusdt@trade/-8","state":"found","last_id":8})",
                 R"({"gap":"btcusdt@trade/8-6","state":"found","last_id":6})",
                 R"({"gap":"btcusdt@trade/6-","state":"found"})", R"({"gap":"btcusdt@trade","state":"found"})",
                 R"({"gap":"btcusdt@aggTrade/trades-6-8","state":"found"})",
                 R"({"gap":"btcusdt@bookTicker/6-8","state":"found","last_id":8})",
                 R"({"gap":"ethusdt@trade/6-8","state":"found","last_id":8})", repaired({1, 9}, {1, 9})})
            .empty());
}

TEST_CASE("only streams that can be repaired are asked for, and a bound is told") {
  CHECK(OpenGaps({streams.find("btcusdt@bookTicker")}).query().records == 0);
  OpenGaps gaps(streams.all());
  CHECK_FALSE(gaps.has_store());
  const TailQuery query = gaps.query();
  REQUIRE(query.records > 1000);
  CHECK(to_view(query.key_fields[0]) == "gap");
  const std::vector<std::string> some(1000, found({6, 8}));
  TailWants wants = TailWants::more;
  for (uint64_t given = 1000; given < query.records; given += 1000) wants = give(gaps, "log", "2", some);
  CHECK(wants == TailWants::more);
  CHECK(gaps.cut().empty());
  CHECK(give(gaps, "log", "2", some) == TailWants::enough_of_partition);
  CHECK(gaps.cut() == "log 2");
  CHECK(gaps.has_store());
}

namespace {

/// What one stream's runs leave in stores, and a run over it.
struct World {
  std::map<int64_t, int> stored;         ///< how often, by id
  std::vector<std::string> gap_records;  ///< in order
  int64_t sent = 0;                      ///< the newest id of the exchange
  int64_t at_s = 0;
};

class Run {
 public:
  Run(World& world, std::mt19937& random) : world_(world), random_(random), continuity_(streams) {
    if (!world.stored.empty()) continuity_.learn(btc_trade, world.stored.rbegin()->first);
    OpenGaps gaps(streams.all());
    give(gaps, "log", "0", {world.gap_records.rbegin(), world.gap_records.rend()});
    for (const OpenGap& gap : gaps.open()) {
      const auto ranges = continuity_.resume(btc_trade, gap.gap, gap.open, gap.since_ns, gap.cause);
      REQUIRE(ranges);
      asked_.insert(asked_.end(), ranges->begin(), ranges->end());
    }
    take();
  }
  void see(int64_t id) {
    Event event;
    event.stream = &btc_trade;
    event.id = id;
    event.has_trade_time = true;
    event.trade_time_ns = id;
    event.last_trade = -1;
    continuity_.see(event, 1);
    take();
    held_.insert(id);
    give_out();
  }
  /// A part of what is missing, in its order; false: nothing is.
  bool repair() {
    while (!asked_.empty() && !continuity_.lacks(btc_trade, asked_.front())) asked_.erase(asked_.begin());
    if (asked_.empty()) return false;
    IdRange& range = asked_.front();
    const IdRange part{range.first, std::min(range.last, range.first + static_cast<int64_t>(random_() % 9))};
    for (const IdRange& ids : continuity_.repaired(btc_trade, part)) {
      for (int64_t id = ids.first; id <= ids.last; ++id) held_.insert(id);
    }
    if (part.last == range.last) {
      asked_.erase(asked_.begin());
    } else {
      range.first = part.last + 1;
    }
    give_out();
    take();
    return true;
  }
  void end_hold() {
    continuity_.wait_no_more(btc_trade);
    give_out();
  }
  uint64_t open() const { return continuity_.open().gaps; }

 private:
  void give_out() {
    while (!held_.empty() && *held_.begin() < continuity_.barrier(btc_trade)) {
      ++world_.stored[*held_.begin()];
      held_.erase(held_.begin());
    }
  }
  void take() {
    for (const GapNote& each : continuity_.take_notes()) {
      if (each.what == GapNote::What::found) asked_.push_back(each.ids);
      world_.gap_records.push_back(gap_json(each, ++world_.at_s * 1'000'000'000));
    }
  }

  World& world_;
  std::mt19937& random_;
  Continuity continuity_;
  std::vector<IdRange> asked_;
  std::set<int64_t> held_;
};

}  // namespace

TEST_CASE("however often a run is killed, the next one goes on, and every id is stored once", "[property]") {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    World world;
    const auto step = [&](Run& run) {
      switch (random() % 8) {
        case 0:
          world.sent += static_cast<int64_t>(random() % 30);
          break;
        case 1:
        case 2:
          run.repair();
          break;
        case 3:
          if (random() % 4 == 0) run.end_hold();
          break;
        default:
          run.see(++world.sent);
      }
    };
    for (int runs = 0; runs < 5; ++runs) {
      Run run(world, random);
      for (uint64_t steps = random() % 40; steps > 0; --steps) step(run);
    }
    Run last(world, random);
    last.see(++world.sent);
    while (last.repair()) {
    }
    CHECK(last.open() == 0);
    const int64_t first = world.stored.begin()->first;
    for (int64_t id = first; id <= world.sent; ++id) REQUIRE(world.stored[id] == 1);
    // Each gap is closed, under the name that it was found by.
    OpenGaps gaps(streams.all());
    give(gaps, "log", "0", world.gap_records);
    CHECK(gaps.open().empty());
  }
}
