// SPDX-License-Identifier: Apache-2.0
// The node after a restart, on a loopback exchange: what came between the newest stored ids and the first event is
// missing, and so is the start of a stream that was never stored beside others.
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
  REQUIRE(node.tail_query());
  CHECK(node.tail_query()->records > 0);
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
