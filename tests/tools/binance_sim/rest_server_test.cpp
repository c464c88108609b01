// SPDX-License-Identifier: Apache-2.0
// REST at the port of the streams, met by an HTTP client while a websocket client reads the same market.
#include <fstream>

#include "client.hpp"
#include "rest_client.hpp"
#include "running.hpp"

using namespace sluice::sim;
using namespace std::chrono_literals;

namespace {

const std::string trades = "/api/v3/historicalTrades?symbol=";
const std::string aggregates = "/api/v3/aggTrades?symbol=";

Options flat_out(std::uint64_t frames) {
  Options options;
  options.rate = 0;
  options.frames = frames;
  options.weights.limit = 0;
  return options;
}

// What stream and REST both say of a trade or an aggregate.
struct Told {
  std::int64_t id, first, last, time;
  std::string price, quantity;
  bool maker;
  bool operator==(const Told&) const = default;
};

std::string text(simdjson::dom::element value) { return std::string(std::string_view(value)); }

std::vector<Told> told_by_stream(const std::vector<std::string>& frames, const std::string& stream) {
  const bool aggregate = stream.find("@aggTrade") != std::string::npos;
  std::vector<Told> all;
  simdjson::dom::parser parser;
  for (const std::string& frame : frames) {
    simdjson::dom::element root = parser.parse(frame);
    if (std::string_view(root["stream"]) != stream) continue;
    const simdjson::dom::element d = root["data"];
    all.push_back({d[aggregate ? "a" : "t"], aggregate ? std::int64_t(d["f"]) : 0, aggregate ? std::int64_t(d["l"]) : 0,
                   d["T"], text(d["p"]), text(d["q"]), d["m"]});
  }
  return all;
}

std::vector<Told> told_by_rest(const std::string& body) {
  std::vector<Told> all;
  simdjson::dom::parser parser;
  for (const simdjson::dom::element row : simdjson::dom::array(parser.parse(body))) {
    simdjson::dom::element id;
    if (row["id"].get(id) == simdjson::SUCCESS) {
      all.push_back({id, 0, 0, row["time"], text(row["price"]), text(row["qty"]), row["isBuyerMaker"]});
    } else {
      all.push_back({row["a"], row["f"], row["l"], row["T"], text(row["p"]), text(row["q"]), row["m"]});
    }
  }
  return all;
}

std::vector<Told> all_pages(RestClient& rest, const std::string& ask, std::int64_t id, const std::string& unit = "") {
  std::vector<Told> all;
  for (;;) {
    const HttpReply reply = rest.get(ask + "&limit=1000&fromId=" + std::to_string(id), unit);
    REQUIRE(reply.status == 200);
    const std::vector<Told> page = told_by_rest(reply.body);
    if (page.empty()) return all;
    all.insert(all.end(), page.begin(), page.end());
    id = page.back().id + 1;
  }
}

}  // namespace

TEST_CASE("Pages of REST by fromId are all that the streams sent, row for row") {
  Running sim(flat_out(30'000));
  Client client(sim.port(), nine_streams + "&timeUnit=MICROSECOND");
  const std::vector<std::string> frames = client.read_texts(30'000);
  REQUIRE(frames.size() == 30'000);
  RestClient rest(sim.port());
  for (const std::string symbol : {"BTCUSDT", "ETHUSDT", "BNBUSDT"}) {
    INFO(symbol);
    std::string lower = symbol;
    for (char& c : lower) c = static_cast<char>(std::tolower(c));
    const std::vector<Told> sent_trades = told_by_stream(frames, lower + "@trade");
    const std::vector<Told> sent_aggregates = told_by_stream(frames, lower + "@aggTrade");
    // The market may have gone on to the end of the moment that frame 30,000 belongs to.
    std::vector<Told> served = all_pages(rest, trades + symbol, sent_trades.front().id, "MICROSECOND");
    REQUIRE(served.size() >= sent_trades.size());
    served.resize(sent_trades.size());
    CHECK(served == sent_trades);
    served = all_pages(rest, aggregates + symbol, sent_aggregates.front().id, "MICROSECOND");
    REQUIRE(served.size() >= sent_aggregates.size());
    served.resize(sent_aggregates.size());
    CHECK(served == sent_aggregates);
  }
}

TEST_CASE("What passed while no client was there is in REST") {
  Options options;
  options.rate = 100'000;
  options.live_clock = true;
  Running sim(options);
  std::vector<std::int64_t> ids;
  for (int i = 0; i < 3; ++i) {
    Client client(sim.port(), "/stream?streams=btcusdt@trade");
    for (const Told& told : told_by_stream(client.read_texts(200), "btcusdt@trade")) ids.push_back(told.id);
    client.drop();
  }
  REQUIRE(ids.size() == 600);
  RestClient rest(sim.port());
  std::vector<std::int64_t> served;
  for (const Told& told : all_pages(rest, trades + "BTCUSDT", ids.front())) served.push_back(told.id);
  CHECK(std::includes(served.begin(), served.end(), ids.begin(), ids.end()));
  CHECK(served.back() - served.front() + 1 == static_cast<std::int64_t>(served.size()));
}

TEST_CASE("Bodies in chunks are the same bodies") {
  Options options = flat_out(2'000);
  options.rest_chunked = true;
  Running sim(options);
  REQUIRE(Client(sim.port(), nine_streams).read_texts(2'000).size() == 2'000);
  RestClient rest(sim.port());
  for (int i = 0; i < 2; ++i) CHECK(told_by_rest(rest.get(trades + "BTCUSDT&limit=100").body).size() == 100);
}

TEST_CASE("REST of a capture has what the capture holds, also of streams that nobody subscribed to") {
  std::string path = (std::filesystem::temp_directory_path() / "binance_sim_capture_XXXXXX").string();
  close(mkstemp(path.data()));
  std::ofstream file(path);
  for (int id = 1; id <= 5; ++id)
    file << id << R"( {"stream":"xyz@trade","data":{"e":"trade","E":9,"s":"XYZ","t":)" << id
         << R"(,"p":"1.5","q":"2","T":1723161601437,"m":true,"M":true}})"
         << "\n"
         << id << R"( {"stream":"xyz@aggTrade","data":{"e":"aggTrade","E":9,"s":"XYZ","a":)" << id
         << R"(,"p":"1.5","q":"2","f":1,"l":2,"T":1723161601437,"m":true,"M":true}})"
         << "\n";
  file.close();
  Options options;
  options.captures = {path};
  options.speed = 0;
  options.close_after_frames = true;
  Running sim(options);
  Client client(sim.port(), "/stream?streams=xyz@trade");
  const std::vector<std::string> frames = client.read_texts(10);
  REQUIRE(frames.size() == 5);
  RestClient rest(sim.port());
  CHECK(told_by_rest(rest.get(trades + "XYZ").body).size() == 5);
  CHECK(told_by_rest(rest.get(aggregates + "XYZ&fromId=2").body).size() == 4);
  CHECK(rest.get(trades + "BTCUSDT").body == R"({"code":-1121,"msg":"Invalid symbol."})");
  std::filesystem::remove(path);
}

TEST_CASE("REST keeps its connection, answers what was sent ahead in order, and has no account among the connections") {
  Options options;
  options.connects_per_five_minutes = 1;
  Running sim(options);
  RestClient rest(sim.port());
  CHECK(rest.get("/api/v3/time").used_weight == 1);
  const HttpReply second = rest.get(aggregates + "BTCUSDT");
  CHECK(second.used_weight == 5);
  CHECK(second.keep_alive);
  const std::string time = "GET /api/v3/time HTTP/1.1\r\nHost: x\r\n\r\n";
  CHECK(rest.send(time + time + time).used_weight == 6);
  CHECK(rest.read().used_weight == 7);
  CHECK(rest.read().used_weight == 8);
  CHECK_FALSE(rest.send("GET /api/v3/time HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").keep_alive);
  CHECK(rest.read().error == "end of stream");
  CHECK(RestClient(sim.port()).get("/api/v3/time").used_weight == 10);  // the address counts, not the connection
  // Connections to REST do not count as connections to the streams.
  CHECK(Client(sim.port(), "/ws").status() == 101);
  CHECK(simdjson::dom::array(sim.truth()["connections"]).size() == 1);
  CHECK(simdjson::to_string(sim.truth()["rest"]) == R"({"rows":0,"answers":{"200":7}})");
}

TEST_CASE("REST above the weight limit: 429 with Retry-After, and 418 for insisting") {
  Options options;
  options.weights = {50, 60s, 1, 120s};
  Running sim(options);
  RestClient rest(sim.port());
  CHECK(rest.get(trades + "BTCUSDT").status == 200);
  CHECK(rest.get(trades + "BTCUSDT").status == 200);
  const HttpReply refused = rest.get(trades + "BTCUSDT");
  CHECK(refused.status == 429);
  CHECK(refused.used_weight == 75);
  REQUIRE_FALSE(refused.retry_after.empty());
  CHECK(std::stoi(refused.retry_after) <= 60);
  const HttpReply banned = rest.get("/api/v3/time");
  CHECK(banned.status == 418);
  CHECK(banned.retry_after == "120");
}

TEST_CASE("What is no request does no harm") {
  Running sim{Options()};
  RestClient odd(sim.port());
  CHECK(odd.get("/api/v3/time").status == 200);
  CHECK(odd.send("what is this\r\n\r\n").status == 400);
  CHECK(odd.read().status == 0);
  RestClient endless(sim.port());
  CHECK(endless.get("/api/v3/time").status == 200);
  CHECK(endless.send("GET /api/v3/time HTTP/1.1\r\nX: " + std::string(20'000, 'x')).status == 431);
  RestClient posts(sim.port());
  const HttpReply posted = posts.send("POST /api/v3/time HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}");
  CHECK(posted.status == 405);
  CHECK_FALSE(posted.keep_alive);
  CHECK(RestClient(sim.port()).get("/api/v3/nothing").status == 404);
  CHECK(RestClient(sim.port()).get("/nothing").status == 404);
  CHECK(RestClient(sim.port()).get("/ws").status == 426);
  CHECK(RestClient(sim.port()).get("/api/v3/time").status == 200);
}

TEST_CASE("REST under TLS") {
  Options options;
  options.tls = true;
  Running sim(options);
  RestClient rest(sim.port(), sim.certificate());
  CHECK(rest.get("/api/v3/time").status == 200);
  CHECK(rest.get(trades + "BTCUSDT").body == "[]");
}
