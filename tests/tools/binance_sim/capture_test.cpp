// SPDX-License-Identifier: Apache-2.0
#include "capture.hpp"

#include <cstdlib>
#include <filesystem>

#include "catch.hpp"
#include "skip.hpp"

using namespace sluice::sim;

namespace {

const std::string trade =
    R"({"stream":"btcusdt@trade","data":{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":3735683259,)"
    R"("p":"61837.63000000","q":"0.02000000","T":1723161255342,"m":true,"M":true}})";
const std::string book =
    R"({"stream":"btcusdt@bookTicker","data":{"u":50093239212,"s":"BTCUSDT","b":"61837.63000000","B":"3.78826000",)"
    R"("a":"61837.64000000","A":"1.54698000"}})";
const std::string depth =
    R"({"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1723161255208,"s":"BTCUSDT","U":50093239189,)"
    R"("u":50093239202,"b":[["61737.63000000","0.00000000"]],"a":[]}})";

Capture read(const std::string& text) {
  Capture capture;
  capture.add_text(text);
  capture.finish();
  return capture;
}

}  // namespace

TEST_CASE("Lines of nanoseconds, microseconds, milliseconds and seconds all give nanoseconds") {
  const Capture capture = read("1723161254087896568 " + trade + "\n1723161254087896 " + trade + "\n1723161254087 " +
                               trade + "\n1723161254.0878: " + trade + "\n1723161254: " + trade + "\n");
  REQUIRE(capture.frames().size() == 5);
  CHECK(capture.frames()[0].receive_ns == 1723161254000000000);
  CHECK(capture.frames()[1].receive_ns == 1723161254087000000);
  CHECK(capture.frames()[2].receive_ns == 1723161254087800000);
  CHECK(capture.frames()[3].receive_ns == 1723161254087896000);
  CHECK(capture.frames()[4].receive_ns == 1723161254087896568);
}

TEST_CASE("Frames keep their bytes, and their numbers are known") {
  const Capture capture = read("1 " + trade + "\n2 " + book + "\n3 " + depth + "\r\n");
  REQUIRE(capture.frames().size() == 3);
  CHECK(capture.frames()[0].frame == trade);
  CHECK(capture.frames()[0].data == trade.substr(33, trade.size() - 34));
  CHECK(capture.frames()[0].event.kind == EventKind::trade);
  CHECK(capture.frames()[0].event.id == 3735683259);
  CHECK(capture.frames()[0].event.price == 6183763000000);
  CHECK(capture.frames()[0].event.quantity == 2000000);
  CHECK(capture.frames()[1].event.kind == EventKind::book);
  CHECK(capture.frames()[1].event.id == 50093239212);
  CHECK(capture.frames()[1].event.ask_quantity == 154698000);
  CHECK(capture.frames()[2].event.kind == EventKind::other);
  CHECK(capture.frames()[2].frame == depth);
  CHECK(capture.streams()[capture.frames()[2].event.stream].name == "btcusdt@depth@100ms");
}

TEST_CASE("An old trade's order ids are not taken for its own") {
  const Capture capture = read(
      R"(1 {"stream":"btcusdt@trade","data":{"e":"trade","E":1680652800000,"s":"BTCUSDT","t":3071245454,)"
      R"("p":"28165.47000000","q":"0.00056000","b":20720542158,"a":20720542592,"T":1680652799999,"m":true,"M":true}})");
  REQUIRE(capture.frames().size() == 1);
  CHECK(capture.frames()[0].event.id == 3071245454);
  CHECK(capture.frames()[0].event.price == 2816547000000);
}

TEST_CASE("Headers, REST bodies, control replies and damage are skipped and counted") {
  const Capture capture = read(
      "wss://stream.binance.com:9443/stream?streams=x <-> 1617566590.378895\n"
      "https://www.binance.com/api/v1/depth?symbol=X -> 1617566592.1: {\"lastUpdateId\":1,\"bids\":[],\"asks\":[]}\n"
      "1617566592 {\"lastUpdateId\":1,\"bids\":[],\"asks\":[]}\n"
      "1617566592 {\"result\":null,\"id\":1}\n"
      "1617566592 {\"stream\":\"btcusdt@trade\",\"da\n"
      "noise\n"
      "1617566592 " +
      trade + "\n");
  CHECK(capture.frames().size() == 1);
  CHECK(capture.skipped_lines() == 6);
}

TEST_CASE("Raw frames get the stream they belong to") {
  const Capture capture =
      read("1 " + trade.substr(33, trade.size() - 34) + "\n2 " + book.substr(38, book.size() - 39) + "\n");
  REQUIRE(capture.frames().size() == 2);
  CHECK_FALSE(capture.frames()[0].combined);
  CHECK(capture.streams()[capture.frames()[0].event.stream].name == "btcusdt@trade");
  CHECK(capture.streams()[capture.frames()[1].event.stream].name == "btcusdt@bookTicker");
}

TEST_CASE("Two captures are merged by receive time") {
  Capture capture;
  capture.add_text("1000000001 " + trade + "\n1000000003 " + trade + "\n");
  capture.add_text("1000000002 " + book + "\n1000000003 " + book + "\n");
  capture.finish();
  REQUIRE(capture.frames().size() == 4);
  CHECK(capture.frames()[1].event.kind == EventKind::book);
  CHECK(capture.frames()[2].event.kind == EventKind::trade);
  for (std::size_t i = 0; i < 4; ++i) CHECK(capture.frames()[i].event.text == i);
}

TEST_CASE("A capture that is not there or holds nothing is a sentence") {
  Capture capture;
  const auto missing = capture.add_file("/nowhere/capture.gz");
  REQUIRE_FALSE(missing);
  CHECK(missing.failure().message.find("/nowhere/capture.gz") != std::string::npos);
  CHECK(missing.failure().exit_code == exit_file);
}

TEST_CASE("The recorded captures are read whole", "[captures]") {
  const char* folder = std::getenv("SLUICE_CAPTURES");
  if (folder == nullptr || !std::filesystem::exists(std::string(folder) + "/btcusdt_20240808.gz")) {
    sluice_test::skip("the recorded captures are not there; set SLUICE_CAPTURES to their folder");
    return;
  }
  struct Expected {
    const char* file;
    EventKind kind;
    const char* symbol;
    std::size_t count;
    std::int64_t first, last;
  };
  const Expected all[] = {
      {"btcusdt_20240808.gz", EventKind::trade, "BTCUSDT", 9757, 3735683259, 3735693015},
      {"btcusdt_20240808.gz", EventKind::book, "BTCUSDT", 28040, 0, 0},
      {"ethusdt_20240808.gz", EventKind::trade, "ETHUSDT", 6106, 1520538925, 1520545030},
      {"ethusdt_20240808.gz", EventKind::book, "ETHUSDT", 24077, 0, 0},
      {"btcusdt_20230405_old_shape.gz", EventKind::trade, "BTCUSDT", 3144, 3071245454, 3071248597},
      {"aggtrade_20210404.gz", EventKind::aggregate, "BTCUSDT", 1227, 665076760, 665077986},
      {"aggtrade_20210404.gz", EventKind::aggregate, "ETHUSDT", 506, 291477091, 291477596},
  };
  for (const Expected& expected : all) {
    INFO(expected.file);
    Capture capture;
    REQUIRE(capture.add_file(std::string(folder) + "/" + expected.file));
    capture.finish();
    std::size_t count = 0;
    std::int64_t first = 0, last = 0;
    for (const CapturedFrame& frame : capture.frames()) {
      if (frame.event.kind != expected.kind || capture.streams()[frame.event.stream].symbol != expected.symbol)
        continue;
      if (count++ == 0) first = frame.event.id;
      last = frame.event.id;
    }
    CHECK(count == expected.count);
    if (expected.first != 0) CHECK(first == expected.first);
    if (expected.first != 0) CHECK(last == expected.last);
  }
}
