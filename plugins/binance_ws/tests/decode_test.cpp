// SPDX-License-Identifier: Apache-2.0
#include "decode.hpp"

#include <optional>

#include "catch.hpp"

using namespace sluice::binance;

namespace {

const StreamTable& streams() {
  static const StreamTable table = [] {
    StreamTable made;
    made.add({"btcusdt@trade", "trade", "BTCUSDT", EventType::trade});
    made.add({"btcusdt@aggTrade", "aggTrade", "BTCUSDT", EventType::agg_trade});
    made.add({"btcusdt@bookTicker", "bookTicker", "BTCUSDT", EventType::book_ticker});
    made.add({"btcusdt@depth@100ms", "depth@100ms", "BTCUSDT", EventType::other});
    made.add({"btcusdt@depth20@100ms", "depth20@100ms", "BTCUSDT", EventType::other});
    made.add({"!miniTicker@arr", "arr", "", EventType::other});
    made.add({"!contractInfo", "!contractInfo", "", EventType::other});
    made.add({"!bookTicker", "!bookTicker", "", EventType::book_ticker});
    made.add({"\xe5\xb8\x81usdt@trade", "trade", "\xe5\xb8\x81USDT", EventType::trade});
    return made;
  }();
  return table;
}

struct Decoded {
  FrameKind kind;
  std::string stream, data, symbol, why;
  std::optional<int64_t> id, event_time_ns, trade_time_ns;
};

Decoded decode(const std::string& frame) {
  // The bytes behind are what a next frame could be: they must not matter.
  const std::string bytes =
      frame + "\x81\x7e{\"stream\":\"btcusdt@trade\",\"data\":{\"e\":\"trade\",\"t\":7,\"s\":\"X\"}}}}}}";
  static Decoder decoder(streams());
  Event event;
  Decoded made{};
  made.kind = decoder.decode({bytes.data(), frame.size()}, event);
  if (event.stream != nullptr) made.stream = event.stream->name;
  made.data = event.data;
  made.symbol = event.symbol;
  made.why = event.why;
  if (event.has_id) made.id = event.id;
  if (event.has_event_time) made.event_time_ns = event.event_time_ns;
  if (event.has_trade_time) made.trade_time_ns = event.trade_time_ns;
  return made;
}

std::string combined(const std::string& stream, const std::string& data) {
  return R"({"stream":")" + stream + R"(","data":)" + data + "}";
}

const std::string trade =
    R"({"e":"trade","E":1723161601438,"s":"BTCUSDT","t":3735693016,"p":"61685.99000000","q":"0.00017000","T":1723161601437,"m":true,"M":true})";
const std::string old_trade =
    R"({"e":"trade","E":1680652800001,"s":"BTCUSDT","t":3071245454,"p":"28165.47000000","q":"0.00056000","b":20553321,"a":20553399,"T":1680652800000,"m":true,"M":true})";
const std::string agg_trade =
    R"({"e":"aggTrade","E":1617566591315,"s":"BTCUSDT","a":665076760,"p":"58001.03000000","q":"0.08620500","f":745522877,"l":745522879,"T":1617566591314,"m":true,"M":true})";
const std::string book_ticker =
    R"({"u":50093421613,"s":"BTCUSDT","b":"61685.99000000","B":"1.25869000","a":"61686.00000000","A":"2.44816000"})";

}  // namespace

TEST_CASE("a trade") {
  const Decoded made = decode(combined("btcusdt@trade", trade));
  CHECK(made.kind == FrameKind::event);
  CHECK(made.stream == "btcusdt@trade");
  CHECK(made.data == trade);
  CHECK(made.symbol == "BTCUSDT");
  CHECK(made.id == 3735693016);
  CHECK(made.event_time_ns == 1723161601438'000'000);
  CHECK(made.trade_time_ns == 1723161601437'000'000);
}

TEST_CASE("a trade of the old shape: its a and b are order ids, not its id") {
  const Decoded made = decode(combined("btcusdt@trade", old_trade));
  CHECK(made.kind == FrameKind::event);
  CHECK(made.id == 3071245454);
  CHECK(made.data == old_trade);
}

TEST_CASE("an aggTrade's id is a, not f or l") {
  const Decoded made = decode(combined("btcusdt@aggTrade", agg_trade));
  CHECK(made.kind == FrameKind::event);
  CHECK(made.id == 665076760);
  CHECK(made.event_time_ns == 1617566591315'000'000);
  CHECK(made.trade_time_ns == 1617566591314'000'000);
}

TEST_CASE("a bookTicker has an id and no time; its a is a price") {
  const Decoded made = decode(combined("btcusdt@bookTicker", book_ticker));
  CHECK(made.kind == FrameKind::event);
  CHECK(made.id == 50093421613);
  CHECK(made.symbol == "BTCUSDT");
  CHECK_FALSE(made.event_time_ns);
  CHECK_FALSE(made.trade_time_ns);
}

TEST_CASE("key order, blanks and unknown keys do not matter, inside and outside") {
  const std::string data =
      R"({ "zz" : [1,{"s":"no","t":5}], "T":3, "t" : 12 , "nested":{"t":9,"E":4}, "s":"BTCUSDT", "E":2 })";
  const std::string frame =
      GENERATE_COPY(combined("btcusdt@trade", data), R"({"data":)" + data + R"(,"stream":"btcusdt@trade"})",
                    R"( { "stream" : "btcusdt@trade" , "data" : )" + data + " } ",
                    R"({"new":1,"stream":"btcusdt@trade","x":{"data":{}},"data":)" + data + "\n,\"y\":[]}",
                    R"({"stream":"btcusdt@tr\u0061de","data":)" + data + "}", combined("btcusdt@trade", data + " "),
                    R"({"stream":"btcusdt@trade","data":)" + data + R"(,"more":{"a":1}})");
  const Decoded made = decode(frame);
  INFO(frame);
  CHECK(made.kind == FrameKind::event);
  CHECK(made.data == data);
  CHECK(made.id == 12);
  CHECK(made.symbol == "BTCUSDT");
  CHECK(made.event_time_ns == 2'000'000);
  CHECK(made.trade_time_ns == 3'000'000);
}

TEST_CASE("a stream of another type is taken when it was asked for, with its symbol when it has one") {
  const Decoded depth = decode(
      combined("btcusdt@depth@100ms", R"({"e":"depthUpdate","E":5,"s":"BTCUSDT","U":1,"u":2,"b":[["1","2"]],"a":[]})"));
  CHECK(depth.kind == FrameKind::event);
  CHECK_FALSE(depth.id);
  CHECK(depth.symbol == "BTCUSDT");
  CHECK(depth.event_time_ns == 5'000'000);
  CHECK(decode(combined("btcusdt@depth@100ms", "{}")).kind == FrameKind::event);
}

TEST_CASE("a payload that names no symbol is of the one whose stream it is") {
  const std::string data =
      GENERATE(std::string("{}"), std::string(R"({"lastUpdateId":1,"bids":[["1","1"]],"asks":[]})"));
  const Decoded depth = decode(combined("btcusdt@depth20@100ms", data));
  CHECK(depth.kind == FrameKind::event);
  CHECK(depth.symbol == "BTCUSDT");
  CHECK_FALSE(depth.id);
  CHECK_FALSE(depth.event_time_ns);
  CHECK(decode(combined("!contractInfo", data)).kind == FrameKind::event);
  CHECK(decode(combined("!contractInfo", data)).symbol.empty());
}

TEST_CASE("a list becomes an event for each of its elements, with the symbol of each") {
  const std::string one = R"({"e":"24hrMiniTicker","E":1723161601438,"s":"BTCUSDT","c":"1.0"})";
  const std::string two = R"({"e":"24hrMiniTicker","E":1723161601439,"s":"\u0045THUSDT","c":"2.0"})";
  static Decoder decoder(streams());
  Event event;
  const std::string frame = GENERATE_COPY(combined("!miniTicker@arr", "[" + one + "," + two + "]"),
                                          combined("!miniTicker@arr", " [ " + one + " ,\n" + two + " ] "),
                                          R"({"data":[)" + one + "," + two + R"(],"stream":"!miniTicker@arr"})") +
                            std::string(64, ' ');
  REQUIRE(decoder.decode({frame.data(), frame.size() - 64}, event) == FrameKind::events);
  CHECK(event.stream->name == "!miniTicker@arr");
  REQUIRE(decoder.elements() == std::vector<std::string_view>{one, two});
  const Stream& stream = *event.stream;
  REQUIRE(decoder.decode_element(stream, decoder.elements()[0], event));
  CHECK(event.symbol == "BTCUSDT");
  CHECK(event.event_time_ns == 1723161601438'000'000);
  REQUIRE(decoder.decode_element(stream, decoder.elements()[1], event));
  CHECK(event.symbol == "ETHUSDT");
  CHECK(event.has_own_symbol);
}

TEST_CASE("a list that is none, or holds what is no object, is malformed as a whole") {
  const std::string data = GENERATE("[1]", "[{},2]", "[[]]", "[null]", R"(["a"])", "[{},]", "[{}", "[{} {}]", "[{}]]");
  INFO(data);
  CHECK(decode(combined("!miniTicker@arr", data)).kind == FrameKind::malformed);
  CHECK(decode(combined("!miniTicker@arr", "[]")).kind == FrameKind::events);
  CHECK(decode(combined("!bookTicker", R"([{"u":1,"s":"B"}])")).kind == FrameKind::events);
  CHECK(decode(combined("btcusdt@trade", "[" + trade + "]")).kind == FrameKind::malformed);
}

TEST_CASE("a bookTicker of all symbols has its id and the symbol that it names") {
  const Decoded made = decode(combined("!bookTicker", book_ticker));
  CHECK(made.kind == FrameKind::event);
  CHECK(made.id == 50093421613);
  CHECK(made.symbol == "BTCUSDT");
  CHECK(decode(combined("!bookTicker", R"({"u":1,"b":"1"})")).kind == FrameKind::malformed);
}

TEST_CASE("an escaped symbol is what it means") {
  CHECK(decode(combined("btcusdt@trade", R"({"s":"\u0042TCUSDT","t":1})")).symbol == "BTCUSDT");
  CHECK(decode(combined("btcusdt@trade", R"({"s":"\u0045THUSDT","t":1})")).symbol == "ETHUSDT");
  CHECK(decode(combined("btcusdt@depth@100ms", R"({"s":"A\"B\\\/"})")).symbol == "A\"B\\/");
  CHECK(decode(combined("btcusdt@trade", R"({"s":"\ud800","t":1})")).kind == FrameKind::malformed);
  CHECK(decode(combined("btcusdt@trade", R"({"s":"\x","t":1})")).kind == FrameKind::malformed);
}

TEST_CASE("a time is in milliseconds or microseconds by its magnitude") {
  const auto time_of = [](const std::string& count) {
    return decode(combined("btcusdt@trade", R"({"E":)" + count + R"(,"s":"BTCUSDT","T":)" + count + R"(,"t":1})"));
  };
  CHECK(time_of("1723161601438").event_time_ns == 1723161601438'000'000);
  CHECK(time_of("1723161601438123").event_time_ns == 1723161601438'123'000);
  CHECK(time_of("1723161601438123").trade_time_ns == 1723161601438'123'000);
  CHECK(time_of("9223372036854").event_time_ns == 9223372036854'000'000);
  CHECK(time_of("100000000000000").event_time_ns == 100'000'000'000'000'000);
  CHECK(time_of("9223372036854775").event_time_ns == 9223372036854775'000);
  CHECK(time_of("0").event_time_ns == 0);
  for (const char* neither : {"9223372036855", "99999999999999", "9223372036854776", "99999999999999999999"}) {
    INFO(neither);
    CHECK_FALSE(time_of(neither).event_time_ns);
    CHECK(time_of(neither).kind == FrameKind::event);
  }
  const Decoded depth = decode(combined("btcusdt@depth@100ms", R"({"E":1723161601438123,"b":[]})"));
  CHECK(depth.event_time_ns == 1723161601438'123'000);
}

TEST_CASE("names outside of ASCII, written out or escaped") {
  const Decoded plain = decode(combined("\xe5\xb8\x81usdt@trade", "{\"s\":\"\xe5\xb8\x81USDT\",\"t\":1}"));
  CHECK(plain.kind == FrameKind::event);
  CHECK(plain.symbol == "\xe5\xb8\x81USDT");
  const Decoded escaped = decode(combined(R"(\u5e01usdt@trade)", R"({"s":"\u5e01USDT","t":1})"));
  CHECK(escaped.kind == FrameKind::event);
  CHECK(escaped.symbol == "\xe5\xb8\x81USDT");
}

TEST_CASE("the symbol is the payload's own, also when it is not the stream's") {
  CHECK(decode(combined("btcusdt@trade", R"({"s":"OTHER","t":1})")).symbol == "OTHER");
}

TEST_CASE("ids take 64 bits") {
  CHECK(decode(combined("btcusdt@trade", R"({"s":"BTCUSDT","t":9223372036854775807})")).id == INT64_MAX);
  CHECK(decode(combined("btcusdt@trade", R"({"s":"BTCUSDT","t":9223372036854775808})")).kind == FrameKind::malformed);
}

TEST_CASE("a time that is none leaves its attribute absent") {
  const std::string time = GENERATE("\"5\"", "1.5", "-1", "17231616014380", "null", "true", "[1]", "{}");
  const Decoded made =
      decode(combined("btcusdt@trade", R"({"E":)" + time + R"(,"s":"BTCUSDT","T":)" + time + R"(,"t":1})"));
  INFO(time);
  CHECK(made.kind == FrameKind::event);
  CHECK(made.id == 1);
  CHECK_FALSE(made.event_time_ns);
  CHECK_FALSE(made.trade_time_ns);
}

TEST_CASE("streams that nobody asked for, replies and farewells are told apart") {
  CHECK(decode(combined("ethusdt@trade", trade)).kind == FrameKind::unknown_stream);
  CHECK(decode(combined("BTCUSDT@trade", trade)).kind == FrameKind::unknown_stream);
  CHECK(decode(combined("!ticker@arr", "[{}]")).kind == FrameKind::unknown_stream);
  CHECK(decode(R"({"result":null,"id":1})").kind == FrameKind::control_reply);
  CHECK(decode(R"({"result":["btcusdt@aggTrade"],"id":3})").kind == FrameKind::control_reply);
  CHECK(decode(R"({"error":{"code":2,"msg":"Invalid request: invalid stream"},"id":2})").kind ==
        FrameKind::control_reply);
  CHECK(decode(R"({"code":1,"msg":"Invalid value type: expected Boolean"})").kind == FrameKind::control_reply);
  CHECK(decode(R"({"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1770123456789}})").kind ==
        FrameKind::server_shutdown);
  CHECK(decode(R"({"e":"serverShutdown","E":1770123456789})").kind == FrameKind::server_shutdown);
}

TEST_CASE("what no record can be made of is malformed, and says why") {
  const std::string frame = GENERATE_COPY(
      std::string(), std::string("x"), std::string("{"), std::string("{}"), std::string("[]"), std::string("null"),
      std::string("5"), std::string(5, '\0'), trade, std::string(R"({"stream":"btcusdt@trade"})"),
      std::string(R"({"data":{"s":"BTCUSDT","t":1}})"), std::string(R"({"stream":5,"data":{"s":"BTCUSDT","t":1}})"),
      combined("btcusdt@trade", "5"), combined("btcusdt@trade", "null"), combined("btcusdt@trade", "[]"),
      combined("btcusdt@trade", "\"{}\""), combined("btcusdt@trade", ""),
      combined("btcusdt@trade", R"({"s":"BTCUSDT"})"), combined("btcusdt@trade", R"({"t":1})"),
      combined("btcusdt@trade", R"({"s":"","t":1})"), combined("btcusdt@trade", R"({"s":5,"t":1})"),
      combined("btcusdt@trade", R"({"s":null,"t":1})"), combined("btcusdt@trade", R"({"s":"BTCUSDT","t":"1"})"),
      combined("btcusdt@trade", R"({"s":"BTCUSDT","t":1.0})"), combined("btcusdt@trade", R"({"s":"BTCUSDT","t":null})"),
      combined("btcusdt@trade", R"({"s":"BTCUSDT","t":{}})"), combined("btcusdt@trade", R"({"S":"BTCUSDT","t":1})"),
      combined("btcusdt@trade", R"({"s":"BTCUSDT","a":1})"), combined("btcusdt@aggTrade", R"({"s":"BTCUSDT","t":1})"),
      combined("btcusdt@bookTicker", R"({"s":"BTCUSDT","a":"1","U":5})"),
      combined("btcusdt@trade", trade.substr(0, trade.size() - 1)), combined("btcusdt@trade", trade + "}"),
      combined("btcusdt@trade", trade) + "x", combined("btcusdt@trade", trade).substr(0, 100),
      combined("btcusdt@trade", "{\"s\":\"BTC\xff\",\"t\":1}"),
      combined("btcusdt@trade", R"({"s":"BTCUSDT","t":1,"p":oops})"),
      combined("btcusdt@trade", R"({"s":"BTCUSDT","t":1,})"), combined("btcusdt@trade", R"({"s":"BTCUSDT" "t":1})"));
  const Decoded made = decode(frame);
  INFO(frame);
  CHECK(made.kind == FrameKind::malformed);
  CHECK_FALSE(made.why.empty());
}

TEST_CASE("cut off at any place a frame is malformed, never half a record", "[property]") {
  const std::string stream = GENERATE("btcusdt@trade", "ethusdt@trade");
  const std::string data = GENERATE(std::string(trade), std::string(old_trade), std::string("{\"t\":1,\"s\":\"B\"}"));
  const std::string frame = combined(stream, data);
  for (size_t size = 0; size < frame.size(); ++size) {
    INFO(frame.substr(0, size));
    REQUIRE(decode(frame.substr(0, size)).kind == FrameKind::malformed);
  }
}
