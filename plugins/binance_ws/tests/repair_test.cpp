// SPDX-License-Identifier: Apache-2.0
// The repair against a REST server that the test plays: what it asks, what it makes of answers, and what of failures.
#include "repair.hpp"

#include <map>
#include <random>

#include "repair_kit.hpp"

using namespace sluice::binance;
using namespace sluice::binance::test;

TEST_CASE("a gap of 57,240 trades is repaired in 58 requests over one connection") {
  RestServer server([](int number, const Asked& asked) {
    return ok(rows_for(asked), "X-MBX-USED-WEIGHT-1M: " + std::to_string((number + 1) * 25) + "\r\n");
  });
  Repairing node(server.url());
  CHECK(node.repair().is_idle());
  CHECK(node.repair().deadline_ns() == INT64_MAX);
  REQUIRE(node.repair().ask({&btc_trade, 3'735'693'017, 3'735'750'256}));
  CHECK_FALSE(node.repair().is_idle());
  const auto pieces = node.pieces();
  check_cover(pieces, btc_trade, 3'735'693'017, 3'735'750'256);
  CHECK(pieces.size() == 58);
  CHECK(node.repair().requests() == 58);
  CHECK(server.connections() == 1);
  CHECK(node.leapt_ns() == 0);
  const auto asked = server.asked();
  REQUIRE(asked.size() == 58);
  CHECK(asked[0].head.find("GET /api/v3/historicalTrades?symbol=BTCUSDT&fromId=3735693017&limit=1000 HTTP/1.1") == 0);
  CHECK(asked[57].limit == 240);
  CHECK_FALSE(contains(asked[0].head, "X-MBX-TIME-UNIT"));
  CHECK(pieces[0].rows[0].trade_time_ns == 1723161601437'000'000);
}

TEST_CASE("questions take turns, a page each, and a small one does not wait for a large one") {
  RestServer server([](int, const Asked& asked) { return ok(rows_for(asked)); });
  Repairing node(server.url());
  REQUIRE(node.repair().ask({&btc_trade, 10, 3509}));
  REQUIRE(node.repair().ask({&eth_agg, 7, 7}));
  REQUIRE(node.repair().ask({&btc_trade, 50'000, 51'001}));
  std::vector<Repair::Piece> large, small, other;
  std::vector<std::string> order;
  while (!node.repair().is_idle()) {
    Repair::Piece piece = node.piece();
    const bool is_agg = piece.range.stream == &eth_agg;
    const bool is_large = !is_agg && piece.range.first < 50'000;
    order.push_back(is_agg ? "agg" : is_large ? "large" : "small");
    (is_agg ? other : is_large ? large : small).push_back(std::move(piece));
  }
  CHECK(order == std::vector<std::string>{"large", "agg", "small", "large", "small", "large", "large"});
  CHECK(
      other[0].rows.at(0).payload ==
      R"({"e":"aggTrade","s":"ETHUSDT","a":7,"p":"1.0","q":"2.0","f":14,"l":15,"T":1617566591314,"m":false,"M":true})");
  CHECK(server.asked().at(1).head.find("GET /api/v3/aggTrades?symbol=ETHUSDT&fromId=7&limit=1 ") == 0);
  check_cover(large, btc_trade, 10, 3509);
  check_cover(small, btc_trade, 50'000, 51'001);
}

TEST_CASE("questions whose ids lie in one page share it") {
  RestServer server([](int, const Asked& asked) { return ok(rows_for(asked)); });
  Repairing node(server.url());
  const std::vector<int64_t> single = {500, 3, 77, 1002, 1003};
  for (const int64_t id : single) REQUIRE(node.repair().ask({&btc_trade, id, id}));
  REQUIRE(node.repair().ask({&eth_agg, 600, 601}));
  REQUIRE(node.repair().ask({&btc_trade, 900, 950}));
  std::map<int64_t, size_t> sizes;
  for (const Repair::Piece& piece : node.pieces()) {
    check_cover({piece}, *piece.range.stream, piece.range.first, piece.range.last);
    sizes[piece.range.first] = piece.rows.size();
  }
  CHECK(sizes == std::map<int64_t, size_t>{{3, 1}, {77, 1}, {500, 1}, {600, 2}, {900, 51}, {1002, 1}, {1003, 1}});
  // From 500 to 1003, of the other stream, and from 3 to 77.
  const auto asked = server.asked();
  REQUIRE(asked.size() == 3);
  CHECK(asked[0].from == 500);
  CHECK(asked[0].limit == 504);
  CHECK(asked[1].limit == 75);
}

TEST_CASE("what is not wanted any more is not asked for, and what is wanted later waits") {
  RestServer server([](int, const Asked& asked) { return ok(rows_for(asked)); });
  Repairing node(server.url());
  Repair& repair = node.repair();
  bool is_later = true;
  node.wish = [&](const Missing& left) {
    if (left.stream == &btc_trade && left.first == 1001) return Repair::Wish::never;
    return left.stream == &eth_agg && is_later ? Repair::Wish::later : Repair::Wish::now;
  };
  REQUIRE(repair.ask({&eth_agg, 7, 7}));
  REQUIRE(repair.ask({&btc_trade, 1, 5000}));
  check_cover({node.piece()}, btc_trade, 1, 1000);
  repair.step(node.now_ns());
  CHECK_FALSE(repair.is_idle());
  CHECK(repair.requests() == 1);
  is_later = false;
  check_cover(node.pieces(), eth_agg, 7, 7);
  CHECK(repair.requests() == 2);
}

TEST_CASE("nothing is fetched ahead of what is taken") {
  RestServer server([](int, const Asked& asked) { return ok(rows_for(asked)); });
  Repairing node(server.url());
  Repair& repair = node.repair();
  REQUIRE(repair.ask({&btc_trade, 1, 5000}));
  node.run_until([&] { return repair.deadline_ns() == INT64_MAX; });
  for (int i = 0; i < 100; ++i) repair.step(node.now_ns() + i * second_ns);
  CHECK(repair.requests() == 1);
  CHECK(repair.fd() == -1);
  CHECK_FALSE(repair.is_idle());
  REQUIRE(repair.take());
  CHECK_FALSE(repair.take());
  check_cover(node.pieces(), btc_trade, 1001, 5000);
}

TEST_CASE("with time_unit us the exchange is asked for microseconds") {
  RestServer server([](int, const Asked& asked) {
    std::string row = trade_row(asked.from);
    // The first answer comes from something that does not know the header.
    return ok("[" +
              (contains(asked.head, "X-MBX-TIME-UNIT: MICROSECOND\r\n") && asked.symbol == "BTCUSDT"
                   ? row.insert(row.find("1723161601437") + 13, "123")
                   : row) +
              "]");
  });
  Repairing node(server.url(), true);
  REQUIRE(node.repair().ask({&btc_trade, 5, 5}));
  const Repair::Piece piece = node.piece();
  REQUIRE(piece.rows.size() == 1);
  CHECK(contains(piece.rows[0].payload, R"("T":1723161601437123,)"));
  CHECK(piece.rows[0].trade_time_ns == 1723161601437'123'000);
}

TEST_CASE("a url's path comes before the exchange's") {
  RestServer server([](int, const Asked& asked) {
    return asked.path == "/mirror/api/v3/historicalTrades" ? ok(rows_for(asked)) : http("404 Not Found", "");
  });
  Repairing node(server.url() + "/mirror/");
  REQUIRE(node.repair().ask({&btc_trade, 5, 6}));
  CHECK(node.piece().rows.size() == 2);
}

TEST_CASE("it goes over TLS") {
  const Certificate certificate;
  RestServer server([](int, const Asked& asked) { return ok(rows_for(asked)); }, &certificate);
  const auto tls = *sluice::net::make_tls_context(certificate.file());
  Repairing node(server.url(true), false, tls.get());
  REQUIRE(node.repair().ask({&btc_trade, 5, 2006}));
  check_cover(node.pieces(), btc_trade, 5, 2006);
  CHECK(server.connections() == 1);
}

TEST_CASE("it goes through a proxy, whose password is not shown") {
  std::vector<std::string> tunnels;
  std::vector<Repair::Piece> pieces;
  std::string trouble;
  {
    Server proxy([&](int number, Client& client) {
      tunnels.push_back(client.read_request());
      if (number == 0) {
        client.send("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
        return;
      }
      client.send("HTTP/1.1 200 Connection established\r\n\r\n");
      client.send(ok(rows_for(Asked::of(client.read_request()))));
      client.wait_for_end();
    });
    RepairOptions options = Repairing::options_for("http://api.example", false);
    options.proxy =
        *sluice::net::choose_proxy("http://me:secret@127.0.0.1:" + std::to_string(proxy.port()), options.endpoint);
    Repairing node(options);
    REQUIRE(node.repair().ask({&btc_trade, 1, 7}));
    trouble = node.trouble();
    pieces = node.pieces();
  }
  check_cover(pieces, btc_trade, 1, 7);
  CHECK(contains(trouble, "407"));
  CHECK(contains(trouble, "api.example"));
  CHECK_FALSE(contains(trouble, "secret"));
  REQUIRE(tunnels.size() == 2);
  CHECK(tunnels[1].find("CONNECT api.example:80 HTTP/1.1\r\n") == 0);
  CHECK(contains(tunnels[1], "Proxy-Authorization: Basic "));
}

TEST_CASE("a ban in the middle is waited for, said, and lasts as long as the exchange says") {
  RestServer server([](int number, const Asked& asked) {
    if (number == 2)
      return http("429 Too Many Requests", R"({"code":-1003,"msg":"Way too many."})", "Retry-After: 30\r\n");
    if (number == 3) return http("418 I'm a teapot", "", "Retry-After: 200\r\n");
    return ok(rows_for(asked));
  });
  Repairing node(server.url());
  Repair& repair = node.repair();
  REQUIRE(repair.ask({&btc_trade, 1, 4000}));
  std::vector<Repair::Piece> pieces;
  pieces.push_back(node.piece());
  pieces.push_back(node.piece());
  const std::string trouble = node.trouble();
  CHECK(contains(trouble, "HTTP 429 Too Many Requests; this address asks too often"));
  CHECK(contains(trouble, "the next request is in 30 s"));
  CHECK(contains(trouble, "127.0.0.1"));
  // Nobody else of this process asks meanwhile either.
  CHECK(WeightBudget::of("127.0.0.1")->free_at(4, node.now_ns()) > node.now_ns() + 29 * second_ns);
  node.run_until([&] { return repair.requests() == 4 && repair.deadline_ns() > node.now_ns() + 100 * second_ns; });
  CHECK(contains(repair.trouble(), "HTTP 418"));
  CHECK(node.leapt_ns() > 29 * second_ns);
  for (auto& each : node.pieces()) pieces.push_back(std::move(each));
  check_cover(pieces, btc_trade, 1, 4000);
  CHECK(node.leapt_ns() > 229 * second_ns);
  CHECK(repair.trouble().empty());
  CHECK(repair.requests() == 6);
}

TEST_CASE("a failure that passes is retried, with longer and longer waits") {
  struct Failure {
    std::string answer;
    std::string says;
  };
  const std::string half = ok("[" + trade_row(1) + "]");
  const Failure failure = GENERATE_COPY(
      Failure{http("503 Service Unavailable", "busy"), "HTTP 503 Service Unavailable (busy)"},
      Failure{http("500 Internal Server Error", R"({"code":-1001,"msg":"m"})"), "HTTP 500"},
      Failure{http("400 Bad Request", "<html>"), "HTTP 400 Bad Request"},
      Failure{http("301 Moved", "", "Location: https://me:secret@b.example/?key=1\r\n"),
              "redirects to https://***@b.example/?..., and redirects are not followed"},
      Failure{half.substr(0, half.size() - 9), "the connection ended in the middle of the answer"},
      Failure{"", "the connection ended before an answer"}, Failure{"no HTTP\r\n\r\n", "does not speak HTTP"},
      Failure{ok("[" + trade_row(1)), "the answer is not a JSON array of rows"},
      Failure{ok("{}"), "the answer is not a JSON array of rows"},
      Failure{ok("[" + trade_row(0) + "," + trade_row(1) + "]"), "it begins with id 0 instead of the requested id 1"},
      Failure{ok("[" + trade_row(1) + "," + trade_row(1) + "]"), "id 1 follows 1"},
      Failure{ok(std::string(2 << 20, ' ')), "larger than 1048576 bytes"});
  INFO(failure.says);
  RestServer server([&](int number, const Asked& asked) { return number < 8 ? failure.answer : ok(rows_for(asked)); });
  Repairing node(server.url());
  REQUIRE(node.repair().ask({&btc_trade, 1, 3}));
  const std::string trouble = node.trouble();
  INFO(trouble);
  CHECK(contains(trouble, failure.says));
  CHECK(contains(trouble, "the next request is in "));
  CHECK_FALSE(contains(trouble, "secret"));
  CHECK_FALSE(contains(trouble, "symbol="));
  check_cover(node.pieces(), btc_trade, 1, 3);
  CHECK(node.repair().trouble().empty());
  // Waits of at least half of 1, 2, 4, 8, 16, 32, 60 and 60 s.
  CHECK(node.leapt_ns() > 90 * second_ns);
}

TEST_CASE("after rows that are used, waits begin short again") {
  RestServer server([](int number, const Asked& asked) {
    return number < 6 || number == 7 ? http("503 Service Unavailable", "") : ok(rows_for(asked));
  });
  Repairing node(server.url());
  REQUIRE(node.repair().ask({&btc_trade, 1, 2000}));
  node.piece();
  const int64_t before_ns = node.leapt_ns();
  node.piece();
  CHECK(node.repair().requests() == 9);
  CHECK(node.leapt_ns() - before_ns <= second_ns);
}

TEST_CASE("a request that is not answered ends by its deadline") {
  std::atomic<int> came{0};
  Server server([&](int, Client& client) {
    client.read_request();
    ++came;
    client.wait_for_end();
  });
  Repairing node("http://127.0.0.1:" + std::to_string(server.port()));
  REQUIRE(node.repair().ask({&btc_trade, 1, 3}));
  bool leapt = false;
  node.run_until([&] {
    if (came == 1 && !leapt) {
      node.leap(15 * second_ns);
      leapt = true;
    }
    return !node.repair().trouble().empty();
  });
  CHECK(contains(node.repair().trouble(), "the answer was not whole within 15 s"));
}

TEST_CASE("what nobody listens at is retried") {
  uint16_t port = 0;
  {
    const Server gone([](int, Client&) {});
    port = gone.port();
  }
  Repairing node("http://127.0.0.1:" + std::to_string(port));
  REQUIRE(node.repair().ask({&btc_trade, 1, 3}));
  CHECK(contains(node.trouble(), "127.0.0.1"));
  CHECK_FALSE(node.repair().is_idle());
}

TEST_CASE("what the exchange refuses is permanent, at once, and the next question is asked") {
  struct Refusal {
    std::string answer;
    std::string reason;
  };
  const Refusal refusal = GENERATE(
      Refusal{http("451 Unavailable For Legal Reasons", ""), "the exchange does not serve this place (HTTP 451)"},
      Refusal{http("400 Bad Request", R"({"code":-1121,"msg":"Invalid symbol."})"),
              "the exchange refuses the request with HTTP 400, code -1121: Invalid symbol."});
  RestServer server([&](int number, const Asked& asked) { return number == 0 ? refusal.answer : ok(rows_for(asked)); });
  Repairing node(server.url());
  REQUIRE(node.repair().ask({&btc_trade, 1, 3000}));
  REQUIRE(node.repair().ask({&eth_agg, 5, 6}));
  const auto pieces = node.pieces();
  REQUIRE(pieces.size() == 2);
  CHECK(pieces[0].permanent == refusal.reason);
  CHECK(pieces[0].range.first == 1);
  CHECK(pieces[0].range.last == 3000);
  CHECK(pieces[0].range.stream == &btc_trade);
  CHECK(pieces[1].rows.size() == 2);
  CHECK(node.repair().requests() == 2);
}

TEST_CASE("rows that begin later make what lies before them permanent") {
  RestServer server([](int, const Asked& asked) {
    return ok(rows_for(asked, 5000, [](int64_t id) { return id >= 500 && (id < 1200 || id >= 1210); }));
  });
  Repairing node(server.url());
  REQUIRE(node.repair().ask({&btc_trade, 100, 2099}));
  const auto pieces = node.pieces();
  check_cover(pieces, btc_trade, 100, 2099);
  REQUIRE(pieces.size() == 4);
  CHECK(pieces[0].permanent == "the exchange has no trades with the ids 100 to 499; the next that it has is 500");
  CHECK(pieces[1].range.last == 1199);
  CHECK(pieces[2].permanent == "the exchange has no trades with the ids 1200 to 1209; the next that it has is 1210");
  CHECK(node.repair().requests() == 4);
}

TEST_CASE("an answer that begins later only once is not believed") {
  RestServer server([](int number, const Asked& asked) {
    Asked shifted = asked;
    if (number == 1) shifted.from += 3;
    return ok(rows_for(shifted));
  });
  Repairing node(server.url());
  REQUIRE(node.repair().ask({&btc_trade, 1, 2500}));
  const auto pieces = node.pieces();
  check_cover(pieces, btc_trade, 1, 2500);
  for (const Repair::Piece& piece : pieces) CHECK(piece.permanent.empty());
  CHECK(node.repair().requests() == 4);
}

TEST_CASE("rows that begin behind the question make all of it permanent, and another question has its turn before") {
  RestServer server(
      [](int, const Asked& asked) { return ok(rows_for(asked, INT64_MAX, [](int64_t id) { return id >= 500; })); });
  Repairing node(server.url());
  REQUIRE(node.repair().ask({&btc_trade, 100, 120}));
  REQUIRE(node.repair().ask({&btc_trade, 600, 600}));
  const auto pieces = node.pieces();
  REQUIRE(pieces.size() == 2);
  CHECK(pieces[0].rows.size() == 1);
  CHECK(pieces[1].range.last == 120);
  CHECK(pieces[1].permanent == "the exchange has no trades with the ids 100 to 499; the next that it has is 500");
}

TEST_CASE("an end is believed when it is said five times, as the exchange's database may be behind") {
  const bool comes = GENERATE(true, false);
  RestServer server(
      [&](int number, const Asked& asked) { return ok(rows_for(asked, comes && number >= 5 ? 900 : 300)); });
  Repairing node(server.url());
  REQUIRE(node.repair().ask({&btc_trade, 1, 600}));
  std::vector<Repair::Piece> pieces;
  pieces.push_back(node.piece());
  CHECK(pieces[0].range.last == 299);
  CHECK(contains(node.trouble(), "the exchange has no trades from id 300 on; the next request is in "));
  for (auto& each : node.pieces()) pieces.push_back(std::move(each));
  check_cover(pieces, btc_trade, 1, 600);
  REQUIRE(pieces.size() == 2);
  CHECK(pieces[1].permanent == (comes ? "" : "the exchange has no trades from id 300 on"));
  CHECK(node.repair().requests() == 6);
}

TEST_CASE("a path that is not served is believed when it is said five times") {
  RestServer server([](int, const Asked&) { return http("404 Not Found", ""); });
  Repairing node(server.url());
  REQUIRE(node.repair().ask({&btc_trade, 1, 600}));
  const Repair::Piece piece = node.piece();
  CHECK(contains(piece.permanent, "does not serve /api/v3/historicalTrades (HTTP 404)"));
  CHECK(contains(piece.permanent, "data-api.binance.vision does not have historicalTrades"));
  CHECK(node.repair().requests() == 5);
}

TEST_CASE("an aggTrade that does not follow the one before is permanent alone, across pages, too") {
  RestServer server([](int, const Asked& asked) {
    std::string rows = rows_for(asked);
    for (const char* part : {R"("f":4000,)", R"("f":4020,)"}) {
      const size_t at = rows.find(part);
      if (at != std::string::npos) rows.replace(at + 4, 4, "3999");
    }
    return ok(rows);
  });
  Repairing node(server.url());
  // The second page begins with 2000, whose first trade is not 4000.
  REQUIRE(node.repair().ask({&eth_agg, 1000, 2100}));
  const auto pieces = node.pieces();
  check_cover(pieces, eth_agg, 1000, 2100);
  REQUIRE(pieces.size() == 5);
  CHECK(pieces[1].range.first == 2000);
  CHECK(pieces[1].range.last == 2000);
  CHECK(contains(pieces[1].permanent, "aggTrade 2000 of the exchange combines the trades 3999 to 4001"));
  CHECK(pieces[3].range.first == 2010);
}

TEST_CASE("when others use the weight up, it waits for the exchange's next minute") {
  RestServer server([](int number, const Asked& asked) {
    // 37 s of the exchange's minute are over.
    return ok(rows_for(asked), number == 0 ? "X-MBX-USED-WEIGHT-1M: 5990\r\nDate: Sun, 29 Nov 2026 01:02:37 GMT\r\n"
                                           : "X-MBX-USED-WEIGHT-1M: 25\r\nDate: Sun, 29 Nov 2026 01:03:01 GMT\r\n");
  });
  Repairing node(server.url());
  REQUIRE(node.repair().ask({&btc_trade, 1, 2000}));
  std::vector<Repair::Piece> pieces;
  pieces.push_back(node.piece());
  CHECK(contains(node.trouble(), "has used its request weight for now; the next request is in 2"));
  CHECK(node.repair().requests() == 1);
  for (auto& each : node.pieces()) pieces.push_back(std::move(each));
  check_cover(pieces, btc_trade, 1, 2000);
  CHECK(node.leapt_ns() > 20 * second_ns);
  CHECK(node.leapt_ns() <= 23 * second_ns);
  CHECK(node.repair().trouble().empty());
}

TEST_CASE("a gap that needs more than half of a minute's weight takes another minute") {
  RestServer server([](int, const Asked& asked) { return ok(rows_for(asked)); });
  Repairing node(server.url());
  REQUIRE(node.repair().ask({&btc_trade, 1, 130'000}));
  check_cover(node.pieces(), btc_trade, 1, 130'000);
  CHECK(node.repair().requests() == 130);
  CHECK(node.leapt_ns() > 30 * second_ns);
  CHECK(node.leapt_ns() <= 60 * second_ns);
}

TEST_CASE("what cannot be asked is not taken, and neither is one question too many") {
  Repairing node("http://127.0.0.1:1");
  Repair& repair = node.repair();
  const Stream quotes{"btcusdt@bookTicker", "bookTicker", "BTCUSDT", EventType::book_ticker};
  CHECK_FALSE(repair.ask({&quotes, 1, 2}));
  CHECK_FALSE(repair.ask({&btc_trade, 3, 2}));
  CHECK(repair.is_idle());
  for (size_t i = 0; i < Repair::most_questions; ++i) REQUIRE(repair.ask({&btc_trade, 1, 2}));
  CHECK_FALSE(repair.ask({&btc_trade, 1, 2}));
}

TEST_CASE("ids at the ends of what a number holds are asked for and nothing overflows") {
  RestServer server([](int, const Asked&) { return ok("[]"); });
  Repairing node(server.url());
  REQUIRE(node.repair().ask({&btc_trade, INT64_MIN, INT64_MAX}));
  const Repair::Piece piece = node.piece();
  CHECK(piece.range.first == INT64_MIN);
  CHECK(piece.range.last == INT64_MAX);
  CHECK(node.repair().is_idle());
  CHECK(server.asked().at(0).limit == 1000);
}

TEST_CASE("whatever the server does, the pieces cover what was asked once, in order", "[property]") {
  for (uint32_t seed = 0; seed < 20; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    std::vector<bool> lost(3000);
    for (int i = 0; i < 4; ++i) {
      const size_t at = random() % lost.size(), count = random() % 300;
      for (size_t id = at; id < std::min(lost.size(), at + count); ++id) lost[id] = true;
    }
    const int64_t first = static_cast<int64_t>(random() % 1000) + 1;
    const int64_t last = first + static_cast<int64_t>(random() % 1500);
    const auto has = [&](int64_t id) { return !lost[static_cast<size_t>(id)]; };
    RestServer server([&](int, const Asked& asked) {
      const std::string good = ok(rows_for(asked, 3000, has));
      switch (random() % 8) {
        case 0:
          return http("503 Service Unavailable", "");
        case 1:
          return good.substr(0, random() % good.size());
        case 2:
          return http("429 Too Many Requests", "", "Retry-After: 3\r\n");
        case 3:
          return ok(rows_for({asked.head, asked.path, asked.symbol, 0, asked.limit}, 3000, has));
        case 4: {
          Asked fewer = asked;
          fewer.limit = asked.limit / 3 + 1;
          return ok(rows_for(fewer, 3000, has));
        }
        default:
          return good;
      }
    });
    Repairing node(server.url());
    REQUIRE(node.repair().ask({&btc_trade, first, last}));
    const auto pieces = node.pieces();
    check_cover(pieces, btc_trade, first, last);
    for (const Repair::Piece& piece : pieces) {
      if (piece.permanent.empty()) continue;
      for (int64_t id = piece.range.first; id <= piece.range.last; ++id) REQUIRE_FALSE(has(id));
    }
  }
}

TEST_CASE("whatever is missing where, each id is fetched or permanent once, and requests are bounded", "[property]") {
  for (uint32_t seed = 0; seed < 40; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random(seed);
    std::vector<bool> lost(12'000);
    for (int i = 0; i < 2; ++i) lost[random() % lost.size()] = true;
    const auto has = [&](int64_t id) { return !lost[static_cast<size_t>(id)]; };
    RestServer server([&](int, const Asked& asked) { return ok(rows_for(asked, 12'000, has)); });
    Repairing node(server.url());
    std::map<std::pair<const Stream*, int64_t>, int> missing;
    std::map<const Stream*, uint64_t> pages;
    for (const Stream* stream : {&btc_trade, &eth_agg}) {
      std::vector<Missing> ranges;
      for (int64_t id = 1 + static_cast<int64_t>(random() % 500); id < 10'000;) {
        const int64_t last = id + (random() % 8 == 0 ? static_cast<int64_t>(random() % 2'500) : 0);
        ranges.push_back({stream, id, last});
        for (int64_t at = id; at <= last; ++at) missing[{stream, at}] = 0;
        id = last + 2 + static_cast<int64_t>(random() % 700);
      }
      std::shuffle(ranges.begin(), ranges.end(), random);
      for (const Missing& range : ranges) REQUIRE(node.repair().ask(range));
      // At worst, a page for each question and each thousand of its ids; an id that REST lacks takes three more.
      for (const Missing& range : ranges) pages[stream] += static_cast<uint64_t>((range.last - range.first) / 1000 + 1);
      pages[stream] += 6;
    }
    for (const Repair::Piece& piece : node.pieces()) {
      for (int64_t id = piece.range.first; id <= piece.range.last; ++id) {
        const auto at = missing.find({piece.range.stream, id});
        REQUIRE(at != missing.end());
        ++at->second;
        REQUIRE(piece.permanent.empty() == has(id));
      }
      if (piece.permanent.empty()) {
        check_cover({piece}, *piece.range.stream, piece.range.first, piece.range.last);
      }
    }
    for (const auto& [id, times] : missing) REQUIRE(times == 1);
    CHECK(node.repair().requests() <= pages[&btc_trade] + pages[&eth_agg]);
  }
}
