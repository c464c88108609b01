// SPDX-License-Identifier: Apache-2.0
#include "frames.hpp"

#include <limits>
#include <vector>

#include "catch.hpp"
#include "decimal.hpp"
#include "market.hpp"

using namespace sluice::sim;

namespace {

std::string rendered(const Event& event, Shape shape, const StreamTable& streams, const Capture* capture = nullptr) {
  const FrameRenderer renderer(streams, capture);
  std::vector<char> room(renderer.room_for(event));
  const char* end = renderer.render(event, shape, room.data());
  return {room.data(), static_cast<std::size_t>(end - room.data())};
}

Event event_of(std::uint16_t stream, EventKind kind) {
  Event event;
  event.stream = stream;
  event.kind = kind;
  event.id = 6732650448;
  event.price = 6168599000000;
  event.quantity = 17000;
  event.ask_price = 6168600000000;
  event.ask_quantity = 244816000;
  event.first_trade_id = 745522877;
  event.last_trade_id = 745522879;
  event.event_time_ms = 1723161601438;
  event.trade_time_ms = 1723161601437;
  event.buyer_is_maker = true;
  return event;
}

std::string long_frame(const std::string& payload) {
  return {std::string{'\x81', '\x7e', static_cast<char>(payload.size() >> 8), static_cast<char>(payload.size())} +
          payload};
}

}  // namespace

TEST_CASE("Combined frames have the wire's keys in the wire's order") {
  const StreamTable streams = Market::streams();
  CHECK(rendered(event_of(0, EventKind::trade), {}, streams) ==
        long_frame(R"({"stream":"btcusdt@trade","data":{"e":"trade","E":1723161601438,"s":"BTCUSDT","t":6732650448,)"
                   R"("p":"61685.99000000","q":"0.00017000","T":1723161601437,"m":true,"M":true}})"));
  CHECK(rendered(event_of(1, EventKind::aggregate), {}, streams) ==
        long_frame(R"({"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1723161601438,"s":"BTCUSDT",)"
                   R"("a":6732650448,"p":"61685.99000000","q":"0.00017000","f":745522877,"l":745522879,)"
                   R"("T":1723161601437,"m":true,"M":true}})"));
  CHECK(rendered(event_of(8, EventKind::book), {}, streams) ==
        long_frame(R"({"stream":"bnbusdt@bookTicker","data":{"u":6732650448,"s":"BNBUSDT","b":"61685.99000000",)"
                   R"("B":"0.00017000","a":"61686.00000000","A":"2.44816000"}})"));
}

TEST_CASE("Raw frames have a short header where it fits, and microseconds where they were asked for") {
  const StreamTable streams = Market::streams();
  const std::string book = rendered(event_of(2, EventKind::book), {false, false}, streams);
  const std::string payload =
      R"({"u":6732650448,"s":"BTCUSDT","b":"61685.99000000","B":"0.00017000","a":"61686.00000000","A":"2.44816000"})";
  CHECK(book == std::string{'\x81', static_cast<char>(payload.size())} + payload);
  CHECK(rendered(event_of(0, EventKind::trade), {false, true}, streams) ==
        long_frame(R"({"e":"trade","E":1723161601438000,"s":"BTCUSDT","t":6732650448,"p":"61685.99000000",)"
                   R"("q":"0.00017000","T":1723161601437000,"m":true,"M":true})"));
}

TEST_CASE("Captured frames keep their bytes; a raw one is wrapped for a combined connection") {
  Capture capture;
  const std::string data = R"({ "u":1,"s":"BTCUSDT","b":"1.0","B":"2.0","a":"3.0","A":"4.0"})";
  const std::string frame = R"({"stream" :"btcusdt@bookTicker","data":)" + data + "}";
  capture.add_text("1 " + frame + "\n2 " + data + "\n");
  capture.finish();
  REQUIRE(capture.frames().size() == 2);
  const auto text = [&](std::size_t i, Shape shape) {
    return rendered(capture.frames()[i].event, shape, capture.streams(), &capture);
  };
  CHECK(text(0, {true, false}) == make_frame(Opcode::text, frame));
  CHECK(text(0, {false, false}) == make_frame(Opcode::text, data));
  CHECK(text(1, {true, false}) == make_frame(Opcode::text, R"({"stream":"btcusdt@bookTicker","data":)" + data + "}"));
}

TEST_CASE("Headers are minimal for every length") {
  CHECK(make_frame(Opcode::ping, "ab") == std::string("\x89\x02") + "ab");
  CHECK(make_frame(Opcode::text, std::string(125, 'x')).size() == 127);
  CHECK(make_frame(Opcode::text, std::string(126, 'x')).substr(0, 4) == std::string("\x81\x7e\x00\x7e", 4));
  CHECK(make_frame(Opcode::text, std::string(65536, 'x')).substr(0, 10) ==
        std::string("\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10));
  CHECK(make_frame(Opcode::continuation, "x", false) == std::string("\x00\x01x", 3));
  CHECK(make_close_frame(1008, "no") == std::string("\x88\x04\x03\xf0no"));
}

TEST_CASE("Decimals: eight places out, exact in, nothing odd accepted") {
  char room[32];
  const auto text = [&](std::int64_t units) { return std::string(room, put_decimal(room, units)); };
  CHECK(text(0) == "0.00000000");
  CHECK(text(1) == "0.00000001");
  CHECK(text(6168599000000) == "61685.99000000");
  CHECK(text(1234567890123456789) == "12345678901.23456789");
  CHECK(std::string(room, put_unsigned(room, 0)) == "0");
  CHECK(std::string(room, put_unsigned(room, 99999999)) == "99999999");
  CHECK(std::string(room, put_unsigned(room, 100000000)) == "100000000");
  CHECK(std::string(room, put_unsigned(room, std::numeric_limits<std::uint64_t>::max())) == "18446744073709551615");

  CHECK(parse_decimal("61685.99") == 6168599000000);
  CHECK(parse_decimal("7") == 700000000);
  CHECK(parse_decimal("0.00000001") == 1);
  for (const char* odd : {"", ".5", "-1", "+1", "1e5", "1.123456789", " 1", "1 ", "1.x", "12345678901"})
    CHECK_FALSE(parse_decimal(odd));
  CHECK(decimal_text(-5) == "-0.00000005");
  CHECK(decimal_text(static_cast<Int128>(1'000'000'000'000'000'000) * 1000) == "10000000000000.00000000");
}
