// SPDX-License-Identifier: Apache-2.0
// Faults within a live stream: what they do to a tape, and that REST has what the stream did not send.
#include "stream_faults.hpp"

#include "catch.hpp"
#include "client.hpp"
#include "market.hpp"
#include "rest_client.hpp"
#include "running.hpp"

using namespace sluice::sim;

namespace {

using Ids = std::vector<std::int64_t>;

StreamFault fault(StreamFaultKind kind, const std::string& text) { return *parse_stream_fault(kind, "fault", text); }

// What ten trades of BTCUSDT, 101 to 110, become.
Ids disturbed(StreamFaultKind kind, const std::string& text) {
  const StreamTable streams = Market::streams();
  Truth truth(streams, 1, false);
  StreamFaults faults(streams, {fault(kind, text)}, truth);
  Tape tape;
  for (std::int64_t id = 101; id <= 110; ++id) {
    Event event;
    event.kind = EventKind::trade;
    event.id = id;
    faults.put(event, tape);
  }
  faults.end(tape);
  Ids ids;
  for (std::uint64_t position = 0; position < tape.end(); ++position) ids.push_back(tape.at(position).id);
  return ids;
}

Ids rest_ids(RestClient& rest, const std::string& target, const char* key) {
  const HttpReply reply = rest.get("/api/v3/" + target);
  REQUIRE(reply.status == 200);
  simdjson::dom::parser parser;
  Ids ids;
  for (const simdjson::dom::element row : simdjson::dom::array(parser.parse(reply.body))) ids.push_back(row[key]);
  return ids;
}

Options with(std::vector<StreamFault> faults, std::uint64_t frames = 0) {
  Options options;
  options.rate = 0;
  options.frames = frames;
  options.close_after_frames = true;
  options.stream_faults = std::move(faults);
  return options;
}

}  // namespace

TEST_CASE("Events by id or by number do not come, come twice, or change places") {
  const auto drop = StreamFaultKind::drop;
  CHECK(disturbed(drop, "trade:103-105") == Ids{101, 102, 106, 107, 108, 109, 110});
  CHECK(disturbed(drop, "btcusdt@trade:2:3") == Ids{101, 102, 106, 107, 108, 109, 110});
  CHECK(disturbed(drop, "trade:every:3") == Ids{101, 102, 103, 105, 106, 108, 109});
  CHECK(disturbed(drop, "trade:9:100").size() == 9);
  CHECK(disturbed(drop, "ethusdt@trade:103-105").size() == 10);
  CHECK(disturbed(drop, "aggTrade:1:100").size() == 10);
  CHECK(disturbed(StreamFaultKind::repeat, "trade:8:1") == Ids{101, 102, 103, 104, 105, 106, 107, 108, 109, 109, 110});
  CHECK(disturbed(StreamFaultKind::swap, "trade:103-103") == Ids{101, 102, 104, 103, 105, 106, 107, 108, 109, 110});
  CHECK(disturbed(StreamFaultKind::swap, "trade:9") == Ids{101, 102, 103, 104, 105, 106, 107, 108, 109, 110});
}

TEST_CASE("What is no fault within a stream is a sentence") {
  for (const char* text :
       {"", "trade", "trade:", "trade:0", "trade:5-3", "trade:5:0", "trade:every:", "depth:1-2", ":1-2"}) {
    INFO(text);
    const auto parsed = parse_stream_fault(StreamFaultKind::drop, "--drop", text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.failure().message.find("--drop") == 0);
  }
  CHECK_FALSE(parse_id_range("--rest-missing", "trade:5"));
}

TEST_CASE("A dropped range is absent from the stream, is in the truth as dropped, and is present in REST") {
  const std::int64_t first = 6'732'650'500, last = 6'732'650'599;  // of BTCUSDT
  Running sim(with({fault(StreamFaultKind::drop, "btcusdt@trade:6732650500-6732650599"),
                    fault(StreamFaultKind::drop, "aggTrade:50:7")},
                   20'000));
  Client client(sim.port(), nine_streams);
  std::map<std::string, Ids> received;
  collect_ids(client.read_texts(20'000), received);

  const Ids& trades = received["btcusdt@trade"];
  const auto hole = std::find(trades.begin(), trades.end(), first - 1);
  REQUIRE(hole != trades.end());
  CHECK(*(hole + 1) == last + 1);
  RestClient rest(sim.port());
  const Ids repaired =
      rest_ids(rest, "historicalTrades?symbol=BTCUSDT&limit=100&fromId=" + std::to_string(first), "id");
  REQUIRE(repaired.size() == 100);
  CHECK(repaired.front() == first);
  CHECK(repaired.back() == last);

  const Ids& aggregates = received["ethusdt@aggTrade"];
  CHECK(aggregates[50] == aggregates[49] + 8);
  const Ids missing =
      rest_ids(rest, "aggTrades?symbol=ETHUSDT&limit=7&fromId=" + std::to_string(aggregates[49] + 1), "a");
  CHECK(missing.size() == 7);
  CHECK(missing.back() + 1 == aggregates[50]);

  CHECK(received == sim.sent_ids());
  CHECK(simdjson::to_string(sim.truth()["streams"].at(0)["dropped"]) == "[[6732650500,6732650599]]");
  simdjson::dom::element dropped;
  CHECK(sim.truth()["streams"].at(2)["dropped"].get(dropped) != simdjson::SUCCESS);
}

TEST_CASE("Repeated and swapped events arrive so, and the truth counts each once") {
  Running sim(
      with({fault(StreamFaultKind::repeat, "btcusdt@trade:10:2"), fault(StreamFaultKind::swap, "bookTicker:every:100"),
            fault(StreamFaultKind::swap, "aggTrade:every:1")},
           10'000));
  Client client(sim.port(), nine_streams);
  std::map<std::string, Ids> received;
  collect_ids(client.read_texts(20'000), received);
  const Ids& trades = received["btcusdt@trade"];
  CHECK(trades[10] == trades[11]);
  CHECK(trades[12] == trades[13]);
  CHECK(trades[14] == trades[13] + 1);
  const Ids& quotes = received["btcusdt@bookTicker"];
  CHECK(quotes[100] > quotes[101]);
  CHECK(quotes[99] < quotes[101]);
  auto sent = sim.sent_ids();
  CHECK(sent["btcusdt@bookTicker"] == quotes);
  CHECK(sent["btcusdt@trade"].size() == trades.size() - 2);
  for (const simdjson::dom::element stream : sim.truth()["streams"]) {
    INFO(std::string_view(stream["stream"]));
    CHECK(std::int64_t(stream["sent"]["count"]) == std::int64_t(stream["issued"]["count"]));
  }
}

TEST_CASE("A stream of which nothing is sent holds nothing up, not even flat out") {
  Running sim(with({fault(StreamFaultKind::drop, "trade:1:1000000000000")}));
  Client client(sim.port(), "/stream?streams=btcusdt@trade");
  CHECK(client.read().kind == Message::text);
  RestClient rest(sim.port());
  const std::string ask = "historicalTrades?symbol=BTCUSDT&limit=1";
  const Ids before = rest_ids(rest, ask, "id");
  Ids after = before;
  while (after == before) after = rest_ids(rest, ask, "id");  // the market goes on
  client.write(R"({"method":"LIST_SUBSCRIPTIONS","id":1})");
  CHECK(client.read().payload == R"({"result":["btcusdt@trade"],"id":1})");
}
