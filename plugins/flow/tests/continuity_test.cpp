// SPDX-License-Identifier: Apache-2.0
#include <limits>
#include <map>
#include <random>
#include <set>

#include "gap_report.hpp"
#include "support.hpp"

using namespace sluice;
using namespace sluice::flow;
using namespace sluice::testing;

namespace {

constexpr int64_t start_ns = 1'700'000'000'000'000'000;
const Setup slots{.attributes = std::vector<std::string>{"stream", "kind", "id"}};

Values checking(Values more = {}) {
  Values options{{"key", "stream"}, {"id", map({{"attribute", "id"}})}};
  for (Field& each : more) options.push_back(std::move(each));
  return options;
}
Input of(const std::string& stream, int64_t id, int64_t after_us = 0) {
  return {"{\"t\":" + std::to_string(id) + "}", {{"stream", stream}, {"id", id}}, start_ns + after_us * 1000};
}
std::vector<std::string> reports(const Harness& node) { return node.payloads("gaps"); }
std::string member(const std::string& json, const std::string& name) {
  const size_t at = json.find("\"" + name + "\":");
  REQUIRE(at != std::string::npos);
  const size_t from = at + name.size() + 3;
  std::string value = json.substr(from, json.find_first_of(",}", from) - from);
  return value.front() == '"' ? value.substr(1, value.size() - 2) : value;
}

/// What ids of one series come to, said another way than the node does: by all that were seen.
struct Model {
  std::set<int64_t> seen, missing;
  int64_t gaps = 0, repeats = 0, regressions = 0;
  void take(int64_t id) {
    if (seen.empty() || id > *seen.rbegin()) {
      if (!seen.empty() && id > *seen.rbegin() + 1) ++gaps;
      for (int64_t each = seen.empty() ? id : *seen.rbegin() + 1; each < id; ++each) missing.insert(each);
    } else if (id == *seen.rbegin()) {
      ++repeats;
    } else {
      ++regressions;
    }
    seen.insert(id);
  }
};

/// Ids of one series with some left out, some repeated and some in another order.
std::vector<int64_t> faulty_ids(std::mt19937_64& random, std::set<int64_t>& dropped) {
  std::vector<int64_t> ids;
  int64_t id = static_cast<int64_t>(random() % 1000);
  for (int i = 0; i < 300; ++i) {
    const uint64_t fate = random() % 100;
    const int64_t jump = fate < 5 && !ids.empty() ? static_cast<int64_t>(random() % 7) : 0;
    for (int64_t j = 0; j < jump; ++j) dropped.insert(id++);
    ids.push_back(id++);
    if (fate >= 5 && fate < 9) ids.push_back(ids[random() % ids.size()]);
    if (fate >= 9 && fate < 13 && ids.size() > 1) std::swap(ids[ids.size() - 1], ids[ids.size() - 2]);
  }
  return ids;
}

}  // namespace

TEST_CASE("continuity finds what is missing and nothing else, and passes all on in order") {
  std::mt19937_64 random(24);
  for (int round = 0; round < 20; ++round) {
    const std::vector<std::string> streams{"a", "b", "c@trade", "d"};
    std::map<std::string, std::vector<int64_t>> ids;
    std::map<std::string, std::set<int64_t>> dropped;
    for (const std::string& stream : streams) ids[stream] = faulty_ids(random, dropped[stream]);
    Harness node(type_of("continuity"), checking(), slots);
    node.begin();
    std::map<std::string, Model> models;
    std::map<std::string, size_t> next;
    std::vector<std::string> sent;
    while (next.size() < streams.size() || !ids.empty()) {
      std::vector<Input> inputs;
      for (uint64_t i = 1 + random() % 20; i > 0 && !ids.empty(); --i) {
        const std::string stream = std::next(ids.begin(), static_cast<long>(random() % ids.size()))->first;
        const int64_t id = ids[stream][next[stream]++];
        if (next[stream] == ids[stream].size()) ids.erase(stream);
        models[stream].take(id);
        inputs.push_back(of(stream, id));
        sent.push_back(inputs.back().payload);
      }
      Batch batch = node.make_batch(inputs);
      if (batch.size() > 1 && random() % 3 == 0) REQUIRE(node.write_batch(batch.cut(1)));
      REQUIRE(node.write_batch(std::move(batch)));
    }
    CHECK(node.payloads() == sent);
    std::map<std::string, std::set<int64_t>> found;
    for (const std::string& each : reports(node)) {
      CHECK(member(each, "state") == "found");
      const int64_t first = std::stoll(member(each, "first_id"));
      const int64_t last = std::stoll(member(each, "last_id"));
      REQUIRE(first <= last);
      CHECK(std::stoll(member(each, "count")) == last - first + 1);
      for (int64_t id = first; id <= last; ++id) CHECK(found[member(each, "key")].insert(id).second);
    }
    int64_t gaps = 0, missing = 0, repeats = 0, regressions = 0;
    for (const auto& [stream, model] : models) {
      CHECK(found[stream] == model.missing);
      for (const int64_t id : dropped[stream]) CHECK(found[stream].count(id) == 1);
      gaps += model.gaps;
      missing += static_cast<int64_t>(model.missing.size());
      repeats += model.repeats;
      regressions += model.regressions;
    }
    CHECK(gaps > 0);
    CHECK(reports(node).size() == static_cast<size_t>(gaps));
    CHECK(node.metric("gaps_total") == gaps);
    CHECK(node.metric("missing_ids_total") == missing);
    CHECK(node.metric("repeats_total") == repeats);
    CHECK(node.metric("regressions_total") == regressions);
    CHECK(node.metric("unchecked_total") == 0);
    CHECK(node.metric("series") == 4);
  }
}

TEST_CASE("a report names the gap, and keeps the attributes and the time of the record that showed it") {
  Harness node(type_of("continuity"), checking(), slots);
  node.begin();
  REQUIRE(node.write({of("btc\"usdt@trade", 122, 1), of("btc\"usdt@trade", 457, 2'000'003)}));
  REQUIRE(node.emitted().size() == 2);
  CHECK(node.payloads() == std::vector<std::string>{"{\"t\":122}", "{\"t\":457}"});
  const Emission& gaps = node.emitted()[1];
  REQUIRE(gaps.size() == 1);
  CHECK(gaps.records[0].payload ==
        "{\"gap\":\"btc\\\"usdt@trade/123-456\",\"state\":\"found\",\"key\":\"btc\\\"usdt@trade\",\"first_id\":123,"
        "\"last_id\":456,\"count\":334,\"since\":\"2023-11-14T22:13:20.000001Z\",\"at\":\"2023-11-14T22:13:22."
        "000003Z\"}");
  CHECK(gaps.records[0].text("stream") == "btc\"usdt@trade");
  CHECK(gaps.records[0].integer("id") == 457);
  CHECK(gaps.records[0].receive_time_ns == start_ns + 2'000'003'000);
  REQUIRE(node.logs().size() == 1);
  CHECK(node.logs()[0].sentence == "series \"btc\"usdt@trade\" lacks the ids from 123 to 456 (334)");
}

TEST_CASE("what came in settles when the record and its report both have") {
  for (const bool report_first : {false, true}) {
    Harness node(type_of("continuity"), checking(), slots);
    node.begin();
    REQUIRE(node.write({of("a", 1), of("a", 3), of("a", 4)}));
    REQUIRE(node.emitted().size() == 2);
    const auto is_settled = [&] { return node.settled_position(SLUICE_NO_PARTITION).has_value(); };
    node.emitted()[report_first ? 1 : 0].deliver();
    CHECK(!is_settled());
    node.emitted()[report_first ? 0 : 1].deliver();
    CHECK(is_settled());
  }
}

TEST_CASE("a batch without a gap passes whole, and a port that leads nowhere gets no report") {
  Setup unwired = slots;
  unwired.unwired = {"gaps"};
  Harness node(type_of("continuity"), checking(), unwired);
  node.begin();
  REQUIRE(node.write({of("a", 1), of("b", 7), of("a", 2)}));
  REQUIRE(node.write({of("a", 5), of("b", 7), of("a", 4)}));
  REQUIRE(node.emitted().size() == 2);
  CHECK(node.emitted()[0].size() == 3);
  CHECK(node.emitted()[1].size() == 3);
  CHECK(node.metric("gaps_total") == 1);
  CHECK(node.metric("missing_ids_total") == 2);
  CHECK(node.metric("repeats_total") == 1);
  CHECK(node.metric("regressions_total") == 1);
  CHECK(node.logs().size() == 3);
}

TEST_CASE("repeats are reported where that is asked for, and a rising id may leap") {
  Harness node(type_of("continuity"), checking({{"rule", "increasing"}, {"repeats", "report"}}), slots);
  node.begin();
  REQUIRE(node.write({of("a", 10), of("a", 400), of("a", 400), of("a", 20), of("a", 401)}));
  REQUIRE(reports(node).size() == 2);
  CHECK(member(reports(node)[0], "state") == "repeated");
  CHECK(member(reports(node)[0], "first_id") == "400");
  CHECK(member(reports(node)[1], "state") == "regressed");
  CHECK(member(reports(node)[1], "gap") == "a/20-20");
  CHECK(node.metric("gaps_total") == 0);
  CHECK(node.payloads().size() == 5);
}

TEST_CASE("an increasing series that reports no repeats has nothing to report, and no port for it") {
  const auto outputs = [](Values options) { return describe(type_of("continuity"), checking(options))->outputs; };
  CHECK(outputs({{"rule", "increasing"}}) == std::vector<Port>{{"out", false}});
  CHECK(outputs({{"rule", "increasing"}, {"repeats", "report"}}) == std::vector<Port>{{"out", false}, {"gaps", true}});
  CHECK(outputs({}) == std::vector<Port>{{"out", false}, {"gaps", true}});
}

TEST_CASE("a revoke makes every series start anew, other flushes do not") {
  Harness node(type_of("continuity"), checking(), slots);
  node.begin();
  REQUIRE(node.write({of("a", 1)}));
  for (const Flush why : {Flush::starved, Flush::dead_letter, Flush::end}) REQUIRE(node.flush(why));
  REQUIRE(node.write({of("a", 3)}));
  CHECK(reports(node).size() == 1);
  REQUIRE(node.flush(Flush::revoke));
  CHECK(node.metric("series") == 0);
  REQUIRE(node.write({of("a", 900), of("a", 902)}));
  REQUIRE(reports(node).size() == 2);
  CHECK(member(reports(node)[1], "first_id") == "901");
}

TEST_CASE("a series whose ids begin again is followed again after restart_after records") {
  Harness node(type_of("continuity"), checking({{"restart_after", 3}}), slots);
  node.begin();
  REQUIRE(node.write({of("a", 1000), of("a", 1), of("a", 2), of("a", 1001), of("a", 1)}));
  CHECK(node.metric("restarts_total") == 0);
  REQUIRE(node.write({of("a", 2), of("a", 3), of("a", 5)}));
  CHECK(node.metric("restarts_total") == 1);
  REQUIRE(reports(node).size() == 1);
  CHECK(member(reports(node)[0], "gap") == "a/4-4");
  CHECK(node.logs().back().sentence ==
        "series \"a\" starts anew at the id 3, because 3 records in a row were not above 1001");
}

TEST_CASE("series beyond max_keys and records without key or id pass unchecked, and are counted") {
  Harness node(type_of("continuity"), checking({{"max_keys", 2}}), slots);
  node.begin();
  REQUIRE(node.write({of("a", 1), of("b", 1), of("c", 1), of("c", 9), of("a", 4), of("b", 2)}));
  CHECK(node.metric("unchecked_total") == 2);
  CHECK(node.metric("series") == 2);
  REQUIRE(reports(node).size() == 1);
  CHECK(member(reports(node)[0], "key") == "a");
  REQUIRE(
      node.write({{"no key", {{"id", 3}}}, {"no id", {{"stream", "a"}}}, {"text", {{"stream", "a"}, {"id", "5"}}}}));
  CHECK(node.metric("unchecked_total") == 5);
  REQUIRE(node.write({of(std::string(257, 'k'), 1), of("a", 5)}));
  CHECK(node.metric("unchecked_total") == 6);
  CHECK(node.payloads().size() == 11);
  CHECK(reports(node).size() == 1);
}

TEST_CASE("a key of several attributes keeps its values apart, and numbers count by their digits") {
  Harness node(type_of("continuity"),
               {{"key", list({"stream", "kind"})}, {"id", map({{"from", list({"data.t", "a"})}})}}, slots);
  node.begin();
  const auto input = [](const char* stream, Value kind, const char* payload) {
    return Input(payload, {{"stream", stream}, {"kind", std::move(kind)}});
  };
  REQUIRE(node.write({input("ab", "c", "{\"a\":1}"), input("a", "bc", "{\"data\":{\"t\":\"7\"}}"),
                      input("ab", "c", "{\"a\": 3 }"), input("a", "bc", "{\"a\":1,\"data\":{\"t\":8}}"),
                      input("n", 5, "{\"a\":1}"), input("n", 5, "{\"a\":4}"), input("n", 5, "[]"),
                      input("n", 5, "{\"a\":1.5}")}));
  REQUIRE(reports(node).size() == 2);
  CHECK(member(reports(node)[0], "gap") == "ab/c/2-2");
  CHECK(member(reports(node)[1], "key") == "n/5");
  CHECK(member(reports(node)[1], "count") == "2");
  CHECK(node.metric("unchecked_total") == 2);
}

TEST_CASE("the ends of the numbers are no trouble") {
  constexpr int64_t least = std::numeric_limits<int64_t>::min(), most = std::numeric_limits<int64_t>::max();
  Harness node(type_of("continuity"), checking(), slots);
  node.begin();
  REQUIRE(node.write(
      {of("a", least), of("a", least + 1), of("a", most - 1), of("a", most), of("a", most), of("a", least)}));
  REQUIRE(reports(node).size() == 1);
  CHECK(member(reports(node)[0], "count") == "18446744073709551612");
  CHECK(node.metric("repeats_total") == 1);
  CHECK(node.metric("regressions_total") == 1);
}

TEST_CASE("continuity refuses an id that is both or neither of attribute and field") {
  const auto problems = [](Values id) {
    return describe(type_of("continuity"), {{"key", "stream"}, {"id", map(std::move(id))}})->problems;
  };
  CHECK(problems({{"attribute", "id"}}).empty());
  CHECK(problems({{"from", list({"t", "a"})}}).empty());
  REQUIRE(problems({}).size() == 1);
  CHECK(problems({})[0].find("{ attribute: id } or { from: t }") != std::string::npos);
  CHECK(problems({{"attribute", "id"}, {"from", "t"}}).size() == 1);
  CHECK(problems({{"from", "a..b"}}).size() == 1);
  const auto described = describe(type_of("continuity"), checking());
  CHECK(described->needs == std::vector<std::string>{"id", "stream"});
}
