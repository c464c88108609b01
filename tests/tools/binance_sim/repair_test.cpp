// SPDX-License-Identifier: Apache-2.0
// The repair of plugins/binance_ws against the REST of the simulator: what it fetches is what the stream sent, without
// the event time.
#include "repair.hpp"

#include <algorithm>

#include "client.hpp"
#include "rest_client.hpp"
#include "running.hpp"
#include "tests/repair_kit.hpp"

using namespace std::chrono_literals;
using sluice::binance::EventType;
using sluice::binance::Missing;
using sluice::binance::Repair;
using sluice::binance::Stream;
using sluice::binance::test::Repairing;

namespace {

const Stream btc_trade{"btcusdt@trade", "trade", "BTCUSDT", EventType::trade};
const Stream eth_agg{"ethusdt@aggTrade", "aggTrade", "ETHUSDT", EventType::agg_trade};

// At full speed, and no further than that many frames.
sluice::sim::Options flat_out(std::uint64_t frames) {
  sluice::sim::Options options;
  options.rate = 0;
  options.frames = frames;
  return options;
}

std::string url_of(const Running& sim) { return "http://127.0.0.1:" + std::to_string(sim.port()); }

struct Sent {
  std::int64_t id;
  std::string payload;  // without the event time
};

std::vector<Sent> sent_of(const std::vector<std::string>& frames, const Stream& stream) {
  std::vector<Sent> all;
  simdjson::dom::parser parser;
  const std::string before = R"({"stream":")" + std::string(stream.name) + R"(","data":)";
  for (const std::string& frame : frames) {
    if (frame.rfind(before, 0) != 0) continue;
    simdjson::dom::element root = parser.parse(frame);
    std::string payload = frame.substr(before.size(), frame.size() - before.size() - 1);
    const std::size_t at = payload.find(R"("E":)");
    payload.erase(at, payload.find(',', at) + 1 - at);
    all.push_back({root["data"][stream.event == EventType::trade ? "t" : "a"], payload});
  }
  return all;
}

std::vector<std::string> frames_of(const Running& sim, const std::string& target, std::size_t count) {
  Client client(sim.port(), target);
  std::vector<std::string> frames = client.read_texts(count);
  REQUIRE(frames.size() == count);
  return frames;
}

void check_same(const std::vector<Repair::Piece>& pieces, const std::vector<Sent>& sent) {
  std::size_t at = 0;
  for (const Repair::Piece& piece : pieces) {
    REQUIRE(piece.permanent == "");
    for (const auto& row : piece.rows) {
      REQUIRE(at < sent.size());
      REQUIRE(row.id == sent[at].id);
      REQUIRE(row.payload == sent[at].payload);
      ++at;
    }
  }
  CHECK(at == sent.size());
}

}  // namespace

TEST_CASE("A repair fetches 57,240 trades in 58 requests with a weight of 1,450") {
  Running sim(flat_out(57'240));
  const auto sent = sent_of(frames_of(sim, "/stream?streams=btcusdt@trade", 57'240), btc_trade);
  REQUIRE(sent.size() == 57'240);
  Repairing node(url_of(sim));
  REQUIRE(node.repair().ask({&btc_trade, sent.front().id, sent.back().id}));
  check_same(node.pieces(), sent);
  CHECK(node.repair().requests() == 58);
  CHECK(RestClient(sim.port()).get("/api/v3/time").used_weight == 1'450 + 1);
}

TEST_CASE("A repair of two streams has the times of the stream, in milliseconds and in microseconds") {
  const bool microseconds = GENERATE(false, true);
  Running sim(flat_out(6'000));
  const auto frames = frames_of(
      sim,
      std::string("/stream?streams=btcusdt@trade/ethusdt@aggTrade") + (microseconds ? "&timeUnit=MICROSECOND" : ""),
      6'000);
  const auto trades = sent_of(frames, btc_trade), aggregates = sent_of(frames, eth_agg);
  Repairing node(url_of(sim), microseconds);
  REQUIRE(node.repair().ask({&btc_trade, trades.front().id, trades.back().id}));
  REQUIRE(node.repair().ask({&eth_agg, aggregates.front().id, aggregates.back().id}));
  // Questions take turns, and the pieces of each come in order.
  auto pieces = node.pieces();
  const auto second = std::stable_partition(
      pieces.begin(), pieces.end(), [](const Repair::Piece& piece) { return piece.range.stream == &btc_trade; });
  check_same({pieces.begin(), second}, trades);
  check_same({second, pieces.end()}, aggregates);
}

TEST_CASE("A repair waits as long as a 429 or a ban in its middle says, and then gets on") {
  sluice::sim::Options options = flat_out(9'000);
  options.weights = {125, 1s, GENERATE(std::uint64_t{0}, std::uint64_t{5}), 1s};
  const bool is_ban = options.weights.insist == 0;
  Running sim(options);
  const auto sent = sent_of(frames_of(sim, "/stream?streams=btcusdt@trade", 9'000), btc_trade);
  Repairing node(url_of(sim), false, nullptr, Repairing::Clock::running);
  REQUIRE(node.repair().ask({&btc_trade, sent.front().id, sent.back().id}));
  std::vector<Repair::Piece> pieces;
  for (int i = 0; i < 5; ++i) pieces.push_back(node.piece());
  const std::string trouble = node.trouble();
  CHECK(trouble.find(is_ban ? "HTTP 418" : "HTTP 429") != std::string::npos);
  for (auto& piece : node.pieces()) pieces.push_back(std::move(piece));
  check_same(pieces, sent);
  // One of them was refused, and nothing was asked during the wait.
  CHECK(node.repair().requests() == 10);
}

TEST_CASE("Whatever REST breaks, all that was sent is fetched in the end") {
  struct Fault {
    sluice::sim::RestFaultKind kind;
    std::string text;
    std::string says;
  };
  using enum sluice::sim::RestFaultKind;
  const Fault fault =
      GENERATE(Fault{refuse, "3:503:0", "HTTP 503"}, Fault{refuse, "3:403:0", "HTTP 403"},
               Fault{cut, "3:1000", "the connection ended in the middle of the answer"},
               Fault{cut, "3:0", "the connection ended in the middle of the answer"},
               Fault{garbage, "3:text", "the answer is not a JSON array of rows"},
               Fault{garbage, "3:truncated", "the answer is not a JSON array of rows"},
               Fault{garbage, "3:fields", "the answer cannot be used: a row has no '"},
               Fault{garbage, "3:types", "the answer cannot be used: a row has a '"},
               Fault{garbage, "3:junk", "127.0.0.1"}, Fault{shift, "3:1", "the exchange has no trades with the ids"},
               Fault{shift, "3:-5", "instead of the requested id"});
  INFO(fault.text << ", which says " << fault.says);
  sluice::sim::Options options = flat_out(5'000);
  options.rest_chunked = GENERATE(false, true);
  auto parsed = sluice::sim::parse_rest_fault(fault.kind, "--fault", fault.text);
  REQUIRE(parsed);
  options.rest_faults.add(*parsed);
  Running sim(options);
  const auto sent = sent_of(frames_of(sim, "/stream?streams=btcusdt@trade", 5'000), btc_trade);
  Repairing node(url_of(sim));
  REQUIRE(node.repair().ask({&btc_trade, sent.front().id, sent.back().id}));
  std::vector<Repair::Piece> pieces;
  pieces.push_back(node.piece());
  pieces.push_back(node.piece());
  const std::string trouble = node.trouble();
  INFO(trouble);
  CHECK(trouble.find(fault.says) != std::string::npos);
  for (auto& piece : node.pieces()) pieces.push_back(std::move(piece));
  check_same(pieces, sent);
  CHECK(node.repair().requests() == 6);
}

TEST_CASE("What the exchange no longer keeps, does not have yet, or does not know is permanent") {
  sluice::sim::Options options = flat_out(3'000);
  options.history_rows = 1'000;
  Running sim(options);
  const auto sent = sent_of(frames_of(sim, "/stream?streams=btcusdt@trade", 3'000), btc_trade);
  Repairing node(url_of(sim));
  const Stream unknown{"xyz@trade", "trade", "XYZ", EventType::trade};
  const std::int64_t far = sent.back().id + 1'000'000;
  REQUIRE(node.repair().ask({&btc_trade, sent.front().id, sent.back().id}));
  REQUIRE(node.repair().ask({&btc_trade, far, far + 10}));
  REQUIRE(node.repair().ask({&unknown, 1, 2}));
  auto pieces = node.pieces();
  REQUIRE(pieces.size() == 4);
  // In the order of the questions, which take turns.
  const auto question_of = [&](const Repair::Piece& piece) {
    return piece.range.stream == &unknown ? 2 : piece.range.first >= far ? 1 : 0;
  };
  std::stable_sort(pieces.begin(), pieces.end(), [&](const Repair::Piece& one, const Repair::Piece& other) {
    return question_of(one) < question_of(other);
  });
  CHECK(pieces[0].permanent.find("the exchange has no trades with the ids " + std::to_string(sent.front().id)) == 0);
  CHECK(pieces[1].rows.size() <= 1'000);
  CHECK(pieces[1].range.first == pieces[0].range.last + 1);
  CHECK(pieces[1].range.last == sent.back().id);
  CHECK(pieces[2].permanent == "the exchange has no trades from id " + std::to_string(far) + " on");
  CHECK(pieces[3].permanent == "the exchange refuses the request with HTTP 400, code -1121: Invalid symbol.");
}
