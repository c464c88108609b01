// SPDX-License-Identifier: Apache-2.0
// Faults, listings and a quiet market at the moment that a client of /sim chooses.
#include "client.hpp"
#include "rest_client.hpp"
#include "running.hpp"

using namespace sluice::sim;
using namespace std::chrono_literals;

namespace {

using Ids = std::map<std::string, std::vector<std::int64_t>>;

// The body of the answer.
std::string post(Running& sim, const std::string& what, unsigned status = 200) {
  RestClient rest(sim.port());
  const HttpReply reply = rest.send("POST /sim?" + what + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  INFO(what << ": " << reply.body);
  CHECK(reply.status == status);
  return reply.body;
}

Message end_of(Client& client) {
  Message message = client.read();
  while (message.kind == Message::text) message = client.read();
  return message;
}

// Frames until one of this stream.
std::string next_of(Client& client, const std::string& stream) {
  Message message = client.read();
  while (message.kind == Message::text && message.payload.find("\"" + stream + "\"") == std::string::npos)
    message = client.read();
  return message.payload;
}

std::int64_t newest(RestClient& rest) {
  simdjson::dom::parser parser;
  const HttpReply reply = rest.get("/api/v3/historicalTrades?symbol=BTCUSDT&limit=1");
  return parser.parse(reply.body).at(0)["id"];
}

bool trades(RestClient& rest, const std::string& symbol, const char* status) {
  return rest.get("/api/v3/exchangeInfo").body.find("\"" + symbol + "\",\"status\":\"" + status + "\"") !=
         std::string::npos;
}

}  // namespace

TEST_CASE("A fault strikes a connection at once, also of one host only") {
  Options options;
  options.more_hosts.push_back({});
  Running sim(options);
  Client first(sim.port(), nine_streams), second(sim.port(1), nine_streams);
  REQUIRE(first.read().kind == Message::text);
  REQUIRE(second.read().kind == Message::text);
  post(sim, "cut=2/");
  CHECK(end_of(second).kind == Message::failed);
  CHECK(first.read().kind == Message::text);
  post(sim, "shutdown=1/0.01");
  CHECK(next_of(first, "!serverShutdown").find("serverShutdown") != std::string::npos);
  CHECK(end_of(first).code == 1001);
}

TEST_CASE("Faults within a stream count from now, and the truth has them") {
  Options options;
  options.rate = 4'000;
  Running sim(options);
  Client client(sim.port(), nine_streams);
  REQUIRE(client.read_texts(100).size() == 100);
  post(sim, "drop=btcusdt@trade:3&wild=ethusdt%40trade");
  Ids ids;
  while (ids["btcusdt@trade"].size() < 100) collect_ids({client.read().payload}, ids);
  const auto wild_ids = [&] {
    const auto& trades = ids["ethusdt@trade"];
    return std::count_if(trades.begin(), trades.end(), [](std::int64_t id) { return id > 4'000'000'000; });
  };
  while (wild_ids() == 0) collect_ids({client.read().payload}, ids);
  CHECK(wild_ids() == 1);
  const auto range = [&](std::size_t stream, const char* name) {
    const simdjson::dom::element one = sim.truth()["streams"].at(stream)[name].at(0);
    return std::pair<std::int64_t, std::int64_t>(one.at(0), one.at(1));
  };
  const auto [first, last] = range(0, "dropped");
  CHECK(last - first == 2);
  CHECK(range(3, "wild").first == range(3, "dropped").first + wild_distance);
}

TEST_CASE("A quiet market sends nothing, REST agrees, and then it goes on") {
  Options options;
  options.rate = 4'000;
  options.live_clock = true;
  options.quiet.push_back({500, false, 300ms});
  Running sim(options);
  Client client(sim.port(), nine_streams);
  REQUIRE(client.read_texts(500).size() == 500);
  RestClient rest(sim.port());
  const std::int64_t before = newest(rest);
  CHECK(newest(rest) == before);
  REQUIRE(client.read_texts(500).size() == 500);
  CHECK(newest(rest) > before);
  post(sim, "quiet=0.01");
  CHECK(client.read_texts(2'000).size() == 2'000);
}

TEST_CASE("With a live clock, REST has what is traded while every connection is stalled") {
  Options options;
  options.rate = 4'000;
  options.live_clock = true;
  Running sim(options);
  Client client(sim.port(), nine_streams);
  REQUIRE(client.read_texts(100).size() == 100);
  post(sim, "stall=");
  RestClient rest(sim.port());
  const std::int64_t before = newest(rest);
  while (newest(rest) == before) {
  }
}

TEST_CASE("An outage ends the connections of a host and takes no new one before it is over") {
  Options options;
  options.more_hosts.push_back({});
  Running sim(options);
  Client client(sim.port(1), nine_streams);
  REQUIRE(client.read().kind == Message::text);
  post(sim, "outage=2/0.2");
  CHECK(end_of(client).kind == Message::failed);
  CHECK(Client(sim.port(1), nine_streams).status() != 101);
  while (Client(sim.port(1), nine_streams).status() != 101) {
  }
}

TEST_CASE("REST refuses from now on, and has not what is to be missing") {
  Running sim{Options{}};
  RestClient rest(sim.port());
  Client client(sim.port(), nine_streams);
  REQUIRE(client.read_texts(500).size() == 500);
  CHECK(newest(rest) > 0);
  post(sim, "rest-missing=trade:1-9000000000");
  CHECK(rest.get("/api/v3/historicalTrades?symbol=BTCUSDT&fromId=1&limit=1").body == "[]");
  post(sim, "rest-refuse=418:60");
  const HttpReply banned = rest.get("/api/v3/time");
  CHECK(banned.status == 418);
  CHECK(banned.retry_after == "60");
}

TEST_CASE("A listed symbol trades from its first id on, and one that ends does not come back by itself") {
  Options options;
  options.rate = 4'000;
  options.symbols = 5;
  Running sim(options);
  Client client(sim.port(), "/stream");
  RestClient rest(sim.port());
  CHECK(trades(rest, "SIM5USDT", "TRADING"));
  client.write(R"({"method":"SUBSCRIBE","params":["btcusdt@trade","币安人生usdt@trade"],"id":1})");
  CHECK(client.read().payload == R"({"result":null,"id":1})");
  CHECK_FALSE(next_of(client, "btcusdt@trade").empty());
  post(sim, "list=%E5%B8%81%E5%AE%89%E4%BA%BA%E7%94%9FUSDT&list=NEWUSDT");
  CHECK(next_of(client, "币安人生usdt@trade").find("\"t\":0,") != std::string::npos);
  CHECK(trades(rest, "NEWUSDT", "TRADING"));
  client.write(R"({"method":"SUBSCRIBE","params":["newusdt@trade"],"id":2})");
  CHECK(next_of(client, "newusdt@trade").find(R"("s":"NEWUSDT","t":)") != std::string::npos);
  CHECK(rest.get("/api/v3/historicalTrades?symbol=NEWUSDT&fromId=0&limit=1").body.find("[{\"id\":0,") == 0);

  post(sim, "halt=NEWUSDT&delist=SIM4USDT");
  CHECK(trades(rest, "NEWUSDT", "BREAK"));
  CHECK(rest.get("/api/v3/exchangeInfo").body.find("SIM4USDT") == std::string::npos);
  const std::string last = rest.get("/api/v3/historicalTrades?symbol=NEWUSDT&limit=1").body;
  REQUIRE(client.read_texts(200).size() == 200);
  CHECK(rest.get("/api/v3/historicalTrades?symbol=NEWUSDT&limit=1").body == last);
  post(sim, "list=NEWUSDT");
  CHECK(trades(rest, "NEWUSDT", "TRADING"));
  CHECK_FALSE(next_of(client, "newusdt@trade").empty());
  std::set<std::string> known;
  for (const simdjson::dom::element stream : sim.truth()["streams"]) known.emplace(std::string_view(stream["stream"]));
  CHECK(known.count("newusdt@bookTicker") == 1);
}

TEST_CASE("What cannot be done is a sentence, and nothing of the request is done") {
  Running sim{Options{}};
  Client client(sim.port(), nine_streams);
  REQUIRE(client.read().kind == Message::text);
  CHECK(post(sim, "cut=&nonsense=1", 400).find("nonsense") != std::string::npos);
  for (const char* what :
       {"cut=3/", "stall=soon", "drop=trade:0", "drop=depth", "quiet=x", "outage=9/5", "list=btcusdt", "list=BTCUSDT",
        "halt=NOUSDT", "delist=NOUSDT", "rest-refuse=200", "rest-missing=trade:5", "silence=", "cut=%zz"}) {
    post(sim, what, 400);
  }
  post(sim, "", 405);
  CHECK(client.read().kind == Message::text);
}
