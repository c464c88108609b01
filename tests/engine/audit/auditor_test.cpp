// SPDX-License-Identifier: Apache-2.0
// The auditor against a model that keeps every record.
#include "audit/auditor.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "audit/times.hpp"
#include "catch.hpp"
#include "support.hpp"

using namespace audit_test;
using namespace sluice::engine;

namespace {

const AuditKey& find(const AuditReport& report, const std::string& store, const std::string& series,
                     const std::string& key) {
  for (const AuditStore& each : report.stores) {
    if (each.name != store) continue;
    for (const AuditSeries& of : each.series) {
      if (of.name != series) continue;
      for (const AuditKey& one : of.keys) {
        if (one.key == key) return one;
      }
    }
  }
  throw std::out_of_range(store + " " + series + " " + key);
}

std::set<int64_t> ids_of(const std::vector<AuditHole>& holes) {
  std::set<int64_t> ids;
  for (const AuditHole& hole : holes) {
    for (int64_t id = hole.first; id <= hole.last; ++id) ids.insert(id);
  }
  return ids;
}

struct Model {
  std::set<int64_t> ids;
  uint64_t records = 0, repeats = 0, late = 0;
  std::set<int64_t> holes() const {
    std::set<int64_t> missing;
    if (ids.empty()) return missing;
    for (int64_t id = *ids.begin(); id < *ids.rbegin(); ++id) {
      if (!ids.contains(id)) missing.insert(id);
    }
    return missing;
  }
};

}  // namespace

TEST_CASE("holes, repeats and late records are those of a model") {
  std::mt19937_64 random(11);
  for (int round = 0; round < 200; ++round) {
    Auditor auditor(market(), {});
    std::map<std::string, std::map<std::string, Model>> stores;
    for (const std::string store : {"log", "table"}) {
      auditor.begin_store(store);
      std::map<std::string, int64_t> next;
      for (int i = 0; i < 120; ++i) {
        const std::string key = random() % 2 == 0 ? "A" : "B";
        int64_t id = next[key];
        const uint64_t what = random() % 20;
        if (what == 0) id += 1 + static_cast<int64_t>(random() % 3);
        if (what == 1) id = std::max<int64_t>(0, id - 1 - static_cast<int64_t>(random() % 5));
        next[key] = std::max(next[key], id + 1);
        Model& model = stores[store][key];
        ++model.records;
        const bool is_late = !model.ids.empty() && id < *model.ids.rbegin();
        if (!model.ids.insert(id).second) {
          ++model.repeats;
        } else if (is_late) {
          ++model.late;
        }
        auditor.take(trade(key, id), store == "log" ? i : -1, 0);
      }
    }
    const AuditReport report = auditor.report();
    uint64_t missing = 0;
    for (const auto& [store, keys] : stores) {
      for (const auto& [key, model] : keys) {
        const AuditKey& found = find(report, store, "trade", key);
        REQUIRE(found.records == model.records);
        REQUIRE(found.repeats == model.repeats);
        REQUIRE(found.first == *model.ids.begin());
        REQUIRE(found.last == *model.ids.rbegin());
        REQUIRE(ids_of(found.holes) == model.holes());
        REQUIRE(found.missing == model.holes().size());
        REQUIRE(found.late.has_value() == (store == "log"));
        if (found.late) REQUIRE(*found.late == model.late);
        missing += found.missing;
        const std::set<int64_t>& others = stores.at(store == "log" ? "table" : "log").at(key).ids;
        for (const AuditHole& hole : found.holes) {
          REQUIRE(hole.after == (begin_ms + (hole.first - 1) * 1000) * 1000);
          REQUIRE(hole.before == (begin_ms + (hole.last + 1) * 1000) * 1000);
          uint64_t elsewhere = 0;
          for (int64_t id = hole.first; id <= hole.last; ++id) elsewhere += others.contains(id) ? 1 : 0;
          REQUIRE(hole.elsewhere == elsewhere);
        }
      }
    }
    REQUIRE(report.missing() == missing);
    REQUIRE(report.is_complete() == (missing == 0));
  }
}

TEST_CASE("what records sum up is compared with what is held of it") {
  std::mt19937_64 random(13);
  for (int round = 0; round < 200; ++round) {
    Auditor auditor(market(), {});
    auditor.begin_store("log");
    std::set<int64_t> held, folded;
    uint64_t twice = 0;
    int64_t next = 100;
    for (int64_t id = 1; id < 40; ++id) {
      const int64_t first = next + (random() % 10 == 0 ? 2 : 0) - (random() % 10 == 0 ? 1 : 0);
      const int64_t last = first + static_cast<int64_t>(random() % 4);
      next = last + 1;
      for (int64_t trade_id = first; trade_id <= last; ++trade_id) {
        if (!folded.insert(trade_id).second) ++twice;
        if (random() % 15 == 0 || !held.insert(trade_id).second) continue;
        auditor.take(trade("A", trade_id), 0, 0);
      }
      auditor.take(sum("A", id, first, last), 0, 0);
      // The same record again sums up nothing twice.
      if (random() % 10 == 0) auditor.take(sum("A", id, first, last), 0, 0);
    }
    const AuditReport report = auditor.report();
    const AuditKey& found = find(report, "log", "sum", "A");
    REQUIRE(found.missing == 0);
    REQUIRE(found.folds);
    const int64_t first = std::max(*held.begin(), *folded.begin());
    const int64_t last = std::min(*held.rbegin(), *folded.rbegin());
    CHECK(found.folds->first == first);
    CHECK(found.folds->last == last);
    uint64_t not_held = 0, not_folded = 0;
    for (int64_t id = first; id <= last; ++id) {
      not_held += folded.contains(id) && !held.contains(id) ? 1 : 0;
      not_folded += held.contains(id) && !folded.contains(id) ? 1 : 0;
    }
    REQUIRE(found.folds->folded_not_held == not_held);
    REQUIRE(found.folds->held_not_folded == not_folded);
    REQUIRE(found.folds->folded_twice == twice);
  }
}

TEST_CASE("a store that keeps no order has no late records, and one that keeps no folds is not judged by them") {
  Auditor auditor(market(), {});
  auditor.begin_store("table");
  // The column of an id does not say which field it came from.
  auditor.take(R"({"e":"sum","s":"A","t":5,"a":5,"T":1700000000000})", -1, 0);
  auditor.take(R"({"e":"trade","s":"A","t":7,"a":7,"T":1700000000000000})", -1, 0);
  auditor.take(R"({"e":"trade","s":"A","t":6,"a":6,"T":1700000001000000})", -1, 0);
  const AuditReport report = auditor.report();
  CHECK(report.is_complete());
  CHECK(find(report, "table", "sum", "A").records == 1);
  CHECK_FALSE(find(report, "table", "sum", "A").folds);
  const AuditKey& trades = find(report, "table", "trade", "A");
  CHECK(trades.records == 2);
  CHECK_FALSE(trades.late);
  // Milliseconds and microseconds are told apart.
  CHECK(trades.from == 1'700'000'000'000'000);
  CHECK(trades.to == 1'700'000'001'000'000);
  CHECK(trades.per_minute == Approx(120));
}

TEST_CASE("ids that only rise miss nothing; what does not rise is counted") {
  Auditor auditor(market(), {.received = "received"});
  auditor.begin_store("log");
  for (const int64_t id : {3, 9, 9, 4, 20}) auditor.take(quote("A", id), id, 0);
  const AuditReport report = auditor.report();
  const AuditKey& quotes = find(report, "log", "quote", "A");
  CHECK(quotes.records == 5);
  CHECK(quotes.repeats == 1);
  CHECK(*quotes.late == 1);
  CHECK(quotes.missing == 0);
  CHECK(quotes.holes.empty());
  CHECK(report.is_complete());
  CHECK(quotes.from == (begin_ms + 3) * 1000);
}

TEST_CASE("delays are those from event to receipt to store") {
  Auditor auditor(market(), {.received = "received"});
  auditor.begin_store("log");
  for (int i = 0; i < 100; ++i) {
    auditor.take(R"({"e":"trade","s":"A","t":)" + std::to_string(i) + R"(,"T":1700000000000,"received":1700000000020})",
                 i, 1'700'000'000'050'000'000);
  }
  const AuditReport report = auditor.report();
  const AuditSeries& trades = report.stores.front().series.front();
  const auto ms = [](const LatencyReport& delay) { return static_cast<double>(delay.quantile_ns(0.5)) / 1e6; };
  CHECK(ms(trades.event_to_receipt) == Approx(20).epsilon(0.13));
  CHECK(ms(trades.receipt_to_store) == Approx(30).epsilon(0.13));
  CHECK(ms(trades.event_to_store) == Approx(50).epsilon(0.13));
}

TEST_CASE("times are numbers in ms or us, or texts in UTC") {
  CHECK(read_audit_time("1700000000123") == 1'700'000'000'123'000);
  CHECK(read_audit_time("1700000000123456") == 1'700'000'000'123'456);
  CHECK(read_audit_time("2023-11-14T22:13:20.123456Z") == 1'700'000'000'123'456);
  CHECK(read_audit_time("2023-11-14T22:13:20Z") == 1'700'000'000'000'000);
  CHECK(read_audit_time("2023-11-14T22:13:20.5Z") == 1'700'000'000'500'000);
  CHECK(read_audit_time("2023-11-14T22:13:20.123456789Z") == 1'700'000'000'123'456);
  for (const char* text : {"", "x", "2023-11-14", "2023-02-30T22:13:20Z", "2023-11-14T24:13:20Z",
                           "2023-11-14T22:13:20.Z", "2023-11-14T22:13:20+01:00", "2023-11-14T22:13:20.12x456Z"}) {
    CHECK(read_audit_time(text) == 0);
  }
}

TEST_CASE("the time of receipt may be a text, as a stamp writes it") {
  Auditor auditor(market(), {.received = "received"});
  auditor.begin_store("log");
  auditor.take(R"({"e":"trade","s":"A","t":1,"T":1700000000000,"received":"2023-11-14T22:13:20.020000Z"})", 0, 0);
  const AuditReport report = auditor.report();
  const LatencyReport& delay = report.stores.front().series.front().event_to_receipt;
  REQUIRE(delay.count == 1);
  CHECK(static_cast<double>(delay.quantile_ns(0.5)) / 1e6 == Approx(20).epsilon(0.13));
}

TEST_CASE("records of no series and unreadable ones are counted, and stand for nothing") {
  Auditor auditor(market(), {});
  auditor.begin_store("log");
  auditor.take("nothing", 0, 0);
  auditor.take(R"({"e":"trade","s":"A","t":"x"})", 0, 0);
  auditor.take(R"({"e":"other","s":"A","t":1})", 0, 0);
  const AuditReport report = auditor.report();
  CHECK(report.stores.front().records == 3);
  CHECK(report.stores.front().unreadable == 2);
  CHECK(report.stores.front().other_records == 1);
  CHECK(report.records() == 0);
  CHECK_FALSE(report.is_complete());
}

TEST_CASE("too many holes or keys are never taken for complete") {
  Auditor holes(market(), {.most_ranges = 3});
  holes.begin_store("log");
  for (int64_t id = 0; id < 20; id += 2) holes.take(trade("A", id), id, 0);
  CHECK(holes.report().left_out() == 7);
  CHECK_FALSE(holes.report().is_complete());

  Auditor keys(market(), {.most_keys = 2});
  keys.begin_store("log");
  for (const char* key : {"A", "B", "C", "C"}) keys.take(trade(key, 1), 0, 0);
  CHECK(keys.report().left_out() == 2);
  CHECK_FALSE(keys.report().is_complete());
}

TEST_CASE("a store that could not be read to its end is never taken for complete") {
  Auditor auditor(market(), {});
  auditor.begin_store("log");
  auditor.take(trade("A", 1), 0, 0);
  auditor.fail("its broker does not answer");
  CHECK_FALSE(auditor.report().is_read());
  CHECK_FALSE(auditor.report().is_complete());
}
