// SPDX-License-Identifier: Apache-2.0
#include "control.hpp"

#include "catch.hpp"
#include "market.hpp"
#include "target.hpp"

using namespace sluice::sim;

namespace {

struct Conversation {
  StreamTable streams = Market::streams();
  Subscriptions subscriptions{streams};
  std::string ask(const std::string& request) { return answer_request(request, subscriptions).value_or("(silence)"); }
};

}  // namespace

TEST_CASE("Subscriptions come, are listed and go") {
  Conversation talk;
  CHECK(talk.ask(R"({"method":"SUBSCRIBE","params":["btcusdt@aggTrade","btcusdt@depth"],"id":1})") ==
        R"({"result":null,"id":1})");
  CHECK(talk.subscriptions.wanted().has(1));
  CHECK_FALSE(talk.subscriptions.wanted().has(0));
  CHECK(talk.ask(R"({"method":"LIST_SUBSCRIPTIONS","id":"abc-1"})") ==
        R"({"result":["btcusdt@aggTrade","btcusdt@depth"],"id":"abc-1"})");
  CHECK(talk.ask(R"({"method":"UNSUBSCRIBE","params":["btcusdt@aggTrade"],"id":null})") ==
        R"({"result":null,"id":null})");
  CHECK_FALSE(talk.subscriptions.wanted().any());
}

TEST_CASE("An upper case name is accepted and brings nothing") {
  Conversation talk;
  CHECK(talk.ask(R"({"method":"SUBSCRIBE","params":["BTCUSDT@trade"],"id":1})") == R"({"result":null,"id":1})");
  CHECK_FALSE(talk.subscriptions.wanted().any());
}

TEST_CASE("Properties") {
  Conversation talk;
  CHECK(talk.ask(R"({"method":"GET_PROPERTY","params":["combined"],"id":2})") == R"({"result":true,"id":2})");
  CHECK(talk.ask(R"({"method":"SET_PROPERTY","params":["combined",false],"id":-5})") == R"({"result":null,"id":-5})");
  CHECK(talk.ask(R"({"method":"GET_PROPERTY","params":["combined"],"id":2})") == R"({"result":false,"id":2})");
  CHECK(talk.ask(R"({"method":"GET_PROPERTY","params":["colour"],"id":2})") ==
        R"({"error":{"code":0,"msg":"Unknown property"},"id":2})");
  CHECK(talk.ask(R"({"method":"SET_PROPERTY","params":["combined",1],"id":2})") ==
        R"({"error":{"code":1,"msg":"Invalid value type: expected Boolean"},"id":2})");
  CHECK(talk.ask(R"({"method":"SET_PROPERTY","params":[true],"id":2})") ==
        R"({"error":{"code":2,"msg":"Invalid request: property name must be a string"},"id":2})");
  CHECK(talk.ask(R"({"method":"GET_PROPERTY","params":["combined",true],"id":2})") ==
        R"({"error":{"code":2,"msg":"Invalid request: too many parameters"},"id":2})");
}

TEST_CASE("Requests that are none get the nested error and change nothing") {
  Conversation talk;
  CHECK(talk.ask("hello") == R"({"error":{"code":3,"msg":"Invalid JSON: expected value at line 1 column 1"}})");
  CHECK(talk.ask(R"({"id":7})") ==
        R"({"error":{"code":2,"msg":"Invalid request: missing field `method` at line 1 column 8"},"id":7})");
  CHECK(talk.ask(R"({"method":"SHOUT","id":7})") ==
        R"({"error":{"code":2,"msg":"Invalid request: unknown variant `SHOUT`, expected one of `SUBSCRIBE`, )"
        R"(`UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY` at line 1 column 17"},"id":7})");
  for (const char* id : {R"()", R"(,"id":1.5)", R"(,"id":"a b")", R"(,"id":{})"})
    CHECK(talk.ask(std::string(R"({"method":"SUBSCRIBE","params":["btcusdt@trade"])") + id + "}") ==
          R"({"error":{"code":2,"msg":"Invalid request: request ID must be an unsigned integer"}})");
  CHECK(talk.ask(R"({"method":"SUBSCRIBE","params":["btcusdt@trade","nonsense"],"id":2})") ==
        R"({"error":{"code":2,"msg":"Invalid request: invalid stream"},"id":2})");
  CHECK_FALSE(talk.subscriptions.wanted().any());
}

TEST_CASE("Over 1024 streams are too many, over 4096 bytes go unanswered") {
  Conversation talk;
  for (int i = 0; i < 1024; ++i) REQUIRE(talk.subscriptions.add("s" + std::to_string(i) + "@trade"));
  CHECK(talk.ask(R"({"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":19})") ==
        R"({"error":{"code":4,"msg":"Too many subscriptions"},"id":19})");
  CHECK(talk.subscriptions.names().size() == 1024);
  CHECK(talk.ask(std::string(4097, ' ')) == "(silence)");
}

TEST_CASE("What a path asks for") {
  const auto combined = parse_target("/stream?streams=btcusdt@trade/ethusdt%40bookTicker&timeUnit=MICROSECOND");
  REQUIRE(combined);
  CHECK(combined->combined);
  CHECK(combined->microseconds);
  CHECK(combined->well_formed);
  CHECK(combined->streams == std::vector<std::string>{"btcusdt@trade", "ethusdt@bookTicker"});

  const auto raw = parse_target("/ws/btcusdt@trade?timeUnit=millisecond");
  REQUIRE(raw);
  CHECK_FALSE(raw->combined);
  CHECK_FALSE(raw->microseconds);
  CHECK(raw->streams == std::vector<std::string>{"btcusdt@trade"});

  for (const char* empty : {"/ws", "/ws/", "/stream", "/stream?streams="}) {
    INFO(empty);
    const auto target = parse_target(empty);
    REQUIRE(target);
    CHECK(target->streams.empty());
    CHECK(target->well_formed);
  }
  CHECK_FALSE(parse_target("/"));
  CHECK_FALSE(parse_target("/api/v3/trades"));
  CHECK_FALSE(parse_target("/ws/nonsense")->well_formed);
  CHECK_FALSE(parse_target("/ws/btcusdt%4")->well_formed);
  CHECK(percent_decode("%E5%B8%81usdt") == std::string("\xE5\xB8\x81usdt"));
}
