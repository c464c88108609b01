// SPDX-License-Identifier: Apache-2.0
// The node after a restart, on a loopback exchange: what came between the newest stored ids and the first event is
// missing, and so is the start of a stream that was never stored beside others. A gap that an earlier run left open is
// repaired under its name, and a run that stops leaves open what it has not repaired.
#include "repair_kit.hpp"
#include "source_kit.hpp"

using namespace sluice;
using namespace sluice::binance::test;

namespace {

/// One connection.
Exchange sending(const std::string& texts) {
  return Exchange([texts](int, Client& client) {
    client.upgrade();
    client.send(texts);
    client.wait_for_end();
  });
}

bool poll_gaps(Harness& node, size_t records) {
  return node.poll_until([&] { return node.payloads("gaps").size() >= records; });
}

Values of_streams(const Exchange& exchange, const std::string& streams) {
  Values options = options_for(exchange.url());
  for (auto& field : options) {
    if (field.key == "streams") field = {"streams", streams};
  }
  return options;
}

bool has(const std::string& json, const std::string& part) { return json.find(part) != std::string::npos; }

void must(const Result<TailWants>& learned) {
  REQUIRE(learned);
  CHECK(*learned == TailWants::more);
}

}  // namespace

TEST_CASE("what was sent while the node did not run is a gap, from the newest stored id on") {
  Exchange exchange = sending(trades(9, 11));
  Harness node(binance_ws(), of_streams(exchange, "[trade]"), running());
  REQUIRE(node.open());
  const auto query = node.tail_query();
  REQUIRE(query);
  CHECK(query->records > 0);
  must(node.learn("log", "0", {trade_data(4), trade_data(5), trade_data(3)}));
  must(node.learn("log", TailPart::What::answered));
  REQUIRE(node.start());
  CHECK(logged(node, "knows where the last run stopped"));
  REQUIRE(poll_gaps(node, 1));
  const std::string gap = node.payloads("gaps")[0];
  CHECK(has(gap, R"({"gap":"btcusdt@trade/6-8","state":"found")"));
  CHECK(has(gap, R"("first_id":6,"last_id":8,"count":3)"));
  CHECK(has(gap, R"("cause":"the node did not run")"));
  CHECK_FALSE(has(gap, R"("since")"));
  REQUIRE(poll_records(node, 2));
  CHECK(node.payloads("out").front() == trade_data(9));
  node.deliver_all();
  node.finish();
}

TEST_CASE("nothing is missing where the next id is the first that comes") {
  Exchange exchange = sending(trades(6, 8));
  Harness node(binance_ws(), of_streams(exchange, "[trade]"), running());
  REQUIRE(node.open());
  REQUIRE(node.tail_query());
  must(node.learn("log", "0", {trade_data(5)}));
  REQUIRE(node.start());
  REQUIRE(poll_records(node, 2));
  CHECK(node.metric("gaps_found_trade_total") == 0);
  node.deliver_all();
  node.finish();
}

TEST_CASE("the start of a stream is missing where others were stored and it was not") {
  Exchange exchange = sending(trades(9, 11));
  Harness node(binance_ws(), of_streams(exchange, "[trade, aggTrade]"), running());
  REQUIRE(node.open());
  REQUIRE(node.tail_query());
  must(node.learn("log", "0", {R"({"e":"aggTrade","s":"BTCUSDT","a":7})"}));
  must(node.learn("log", TailPart::What::answered));
  REQUIRE(node.start());
  REQUIRE(poll_gaps(node, 2));
  const std::string found = node.payloads("gaps")[0];
  const std::string permanent = node.payloads("gaps")[1];
  CHECK(has(found, R"({"gap":"btcusdt@trade/-8","state":"found")"));
  CHECK(has(permanent, R"({"gap":"btcusdt@trade/-8","state":"permanent")"));
  CHECK(has(permanent, R"("last_id":8,)"));
  CHECK_FALSE(has(permanent, "first_id"));
  CHECK_FALSE(has(permanent, "count"));
  CHECK(has(permanent, R"("reason":"no record of the stream was stored, so it is not known where the gap begins")"));
  CHECK(node.metric("open_gaps") == 0);
  node.deliver_all();
  node.finish();
}

TEST_CASE("nothing is said where nothing was stored yet, or where it is not known") {
  const auto end = GENERATE(TailPart::What::answered, TailPart::What::unknown);
  Exchange exchange = sending(trades(9, 11));
  Harness node(binance_ws(), of_streams(exchange, "[trade]"), running());
  REQUIRE(node.open());
  REQUIRE(node.tail_query());
  must(node.learn("log", end));
  REQUIRE(node.start());
  REQUIRE(poll_records(node, 2));
  CHECK(node.metric("gaps_found_trade_total") == 0);
  node.deliver_all();
  node.finish();
}

namespace {

/// Of a gap of btcusdt@trade.
std::string gap_record(const std::string& ids, const std::string& state, int64_t first, int64_t last) {
  return R"({"gap":"btcusdt@trade/)" + ids + R"(","state":")" + state + R"(","stream":"btcusdt@trade","first_id":)" +
         std::to_string(first) + R"(,"last_id":)" + std::to_string(last) +
         R"(,"at":"2026-11-22T10:00:00.000001Z","cause":"closed: gone"})";
}

/// What the stores behind each output say.
void learn(Harness& node, const std::vector<std::string>& records, const std::vector<std::string>& gaps) {
  REQUIRE(node.tail_query());
  if (!records.empty()) must(node.learn("log", "0", records));
  must(node.learn("log", TailPart::What::answered));
  REQUIRE(node.tail_query()->records == 0);
  REQUIRE(node.tail_query()->records > 0);
  if (!gaps.empty()) must(node.learn("gap_log", "0", gaps));
  must(node.learn("gap_log", TailPart::What::answered));
}

std::vector<int64_t> ids_of(Harness& node) {
  std::vector<int64_t> ids;
  for (const auto& emission : node.emitted()) {
    if (emission.port != 0) continue;
    for (const RecordCopy& record : emission.records) ids.push_back(record.integer("id").value());
  }
  return ids;
}

}  // namespace

TEST_CASE("a gap that an earlier run left open is repaired, and closed under its name") {
  RestServer rest([](int, const Asked& asked) { return ok(rows_for(asked)); });
  Exchange exchange = sending(trades(21, 24));
  Values options = of_streams(exchange, "[trade]");
  options.push_back({"repair", "{ rest: " + rest.url() + " }"});
  Harness node(binance_ws(), options, running());
  REQUIRE(node.open());
  learn(node, {trade_data(20)},
        {gap_record("6-9", "repaired", 6, 7), gap_record("6-9", "found", 6, 9), gap_record("2-3", "permanent", 2, 3),
         gap_record("2-3", "found", 2, 3)});
  REQUIRE(node.start());
  CHECK(logged(node, "goes on with 1 gap that an earlier run found"));
  CHECK(node.metric("open_gaps") == 1);
  CHECK(node.metric("open_ids") == 2);
  REQUIRE(poll_gaps(node, 1));
  REQUIRE(poll_records(node, 5));
  // Events do not wait for what lies before stored ones.
  std::vector<int64_t> ids = ids_of(node);
  std::sort(ids.begin(), ids.end());
  CHECK(ids == std::vector<int64_t>{8, 9, 21, 22, 23});
  const std::string closed = node.payloads("gaps")[0];
  CHECK(has(closed, R"({"gap":"btcusdt@trade/6-9","state":"repaired")"));
  CHECK(has(closed, R"("first_id":8,"last_id":9,"count":2)"));
  CHECK(has(closed, R"("cause":"closed: gone")"));
  CHECK(rest.asked().size() == 1);
  CHECK(node.metric("gaps_found_trade_total") == 1);
  CHECK(node.metric("gaps_repaired_trade_total") == 1);
  CHECK(node.metric("open_gaps") == 0);
  node.deliver_all();
  node.finish();
}

TEST_CASE("events wait for an open gap that lies behind the newest stored id, and no gap is found twice") {
  RestServer rest([](int, const Asked& asked) { return ok(rows_for(asked)); });
  Exchange exchange = sending(trades(14, 17));
  Values options = of_streams(exchange, "[trade]");
  options.push_back({"repair", "{ rest: " + rest.url() + " }"});
  Harness node(binance_ws(), options, running());
  REQUIRE(node.open());
  learn(node, {trade_data(5)}, {gap_record("8-9", "found", 8, 9)});
  REQUIRE(node.start());
  REQUIRE(poll_records(node, 11));
  CHECK(ids_of(node) == std::vector<int64_t>{6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16});
  REQUIRE(node.poll_until([&] { return node.metric("open_gaps") == 0; }));
  REQUIRE(poll_gaps(node, 5));
  std::vector<std::string> names;
  for (const std::string& record : node.payloads("gaps"))
    names.push_back(record.substr(8, record.find(R"(","symbol)") - 8));
  std::sort(names.begin(), names.end());
  CHECK(names ==
        std::vector<std::string>{R"(btcusdt@trade/10-13","state":"found)", R"(btcusdt@trade/10-13","state":"repaired)",
                                 R"(btcusdt@trade/6-7","state":"found)", R"(btcusdt@trade/6-7","state":"repaired)",
                                 R"(btcusdt@trade/8-9","state":"repaired)"});
  node.deliver_all();
  node.finish();
}

TEST_CASE("a stop leaves open what the next run can learn of, and what found no room") {
  RestServer rest([](int, const Asked&) { return http("503 Service Unavailable", ""); });
  Exchange exchange = sending(trade(1) + trades(4, 14));
  Values options = of_streams(exchange, "[trade]");
  options.push_back({"repair", "{ rest: " + rest.url() + " }"});
  Harness node(binance_ws(), options, running());
  REQUIRE(node.open());
  learn(node, {}, {});
  REQUIRE(node.start());
  REQUIRE(poll_metric(node, "held_records", 10));
  REQUIRE(poll_gaps(node, 1));
  const uint64_t credit = GENERATE(0u, 5u, 1000u);
  REQUIRE(node.poll(credit, 1ms).ok());
  node.stop();
  for (const std::string& record : node.payloads("gaps")) CHECK(has(record, R"("state":"found")"));
  CHECK(node.metric("permanent_ids_total") == 0);
  const std::vector<int64_t> ids = ids_of(node);
  CHECK(ids.size() == (credit == 0 ? 1 : credit == 5 ? 4 : 11));
  // What found no room lies behind the newest that did, or is in a record.
  const std::vector<std::string> gaps = node.payloads("gaps");
  if (credit == 5) CHECK(has(gaps.back(), R"("first_id":7,"last_id":13)"));
  node.deliver_all();
  node.finish();
}
