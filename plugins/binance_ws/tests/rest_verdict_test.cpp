// SPDX-License-Identifier: Apache-2.0
#include "rest_verdict.hpp"

#include "catch.hpp"

using namespace sluice::binance;
using Kind = RestVerdict::Kind;

namespace {

constexpr int64_t second_ns = 1'000'000'000;

sluice::net::HttpAnswer answer(int status, const std::string& body = {}, int64_t retry_after_ns = 0) {
  sluice::net::HttpAnswer made;
  made.head.status = status;
  made.body = body;
  made.retry_after_ns = retry_after_ns;
  made.place = "server.example (10.0.0.3)";
  return made;
}
RestVerdict verdict(int status, const std::string& body = {}, int64_t retry_after_ns = 0) {
  return judge(answer(status, body, retry_after_ns), "/api/v3/historicalTrades");
}

}  // namespace

TEST_CASE("each status leads to one thing") {
  struct Row {
    int status;
    std::string body;
    Kind kind;
    int64_t least_wait_s;
  };
  const std::vector<Row> rows = {
      {200, "[]", Kind::rows, 0},
      {400, R"({"code":-1121,"msg":"Invalid symbol."})", Kind::never, 0},
      {400, R"({"code":-1100,"msg":"Illegal characters."})", Kind::never, 0},
      // About the exchange's own state, whatever the status says.
      {400, R"({"code":-1001,"msg":"Internal error."})", Kind::later, 0},
      {400, R"({"code":-1003,"msg":"Too much request weight used."})", Kind::later, 0},
      // Not the exchange's words.
      {400, "<html>Bad Request</html>", Kind::later, 0},
      {401, "", Kind::later, 0},
      {403, "", Kind::too_many, 60},
      {404, "", Kind::doubt, 0},
      {418, "", Kind::too_many, 120},
      {429, "", Kind::too_many, 60},
      {451, "", Kind::never, 0},
      {301, "", Kind::later, 0},
      {500, "", Kind::later, 0},
      {502, "", Kind::later, 0},
      {503, "", Kind::later, 0},
  };
  for (const Row& row : rows) {
    INFO(row.status << " " << row.body);
    const RestVerdict got = verdict(row.status, row.body);
    CHECK(got.kind == row.kind);
    CHECK(got.least_wait_ns == row.least_wait_s * second_ns);
    CHECK(got.why.empty() == (row.kind == Kind::rows));
  }
}

TEST_CASE("the exchange's own wait is the one that counts") {
  for (const int status : {403, 418, 429, 503})
    CHECK(verdict(status, "", 7 * second_ns).least_wait_ns == 7 * second_ns);
}

TEST_CASE("a verdict says what it rests on") {
  CHECK(verdict(400, R"({"code":-1121,"msg":"Invalid symbol."})").why ==
        "the exchange refuses the request with HTTP 400, code -1121: Invalid symbol.");
  CHECK(verdict(451).why == "the exchange does not serve this place (HTTP 451)");
  CHECK(verdict(404).why.find("server.example (10.0.0.3) does not serve /api/v3/historicalTrades (HTTP 404)") == 0);
  CHECK(verdict(418).why.find("this address is banned for a time") != std::string::npos);
}
