// SPDX-License-Identifier: Apache-2.0
#include "truth.hpp"

#include <simdjson.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "catch.hpp"
#include "market.hpp"

using namespace sluice::sim;

namespace {

struct Folder {
  std::filesystem::path path;
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "binance_sim_XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
};

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Event trade(std::int64_t id) {
  Event event;
  event.stream = 0;
  event.kind = EventKind::trade;
  event.id = id;
  event.price = 6168599000000;
  event.quantity = 17000;
  return event;
}

}  // namespace

TEST_CASE("Any sequence of ids comes back as it was") {
  const std::vector<std::int64_t> ids{
      50093239212, 50093239213, 50093239300, 50093239300, 7, -3, 9'000'000'000'000'000'000};
  IdLog holes(false);
  IdLog ranges(true);
  for (const std::int64_t id : ids) {
    holes.add(id);
    ranges.add(id);
  }
  std::vector<std::int64_t> back;
  holes.each_id([&](std::int64_t id) { back.push_back(id); });
  CHECK(back == ids);
  CHECK(ranges.ranges().size() == 6);
  CHECK(ranges.ranges()[0] == std::pair<std::int64_t, std::int64_t>(50093239212, 50093239213));
}

TEST_CASE("The file has ids, ranges, exact sums and connections; the rows have a line per event") {
  const Folder folder;
  const StreamTable streams = Market::streams();
  Truth truth(streams, 7, true);
  REQUIRE_FALSE(truth.open_rows((folder.path / "rows").string()));
  for (const std::int64_t id : {10, 11, 12, 20}) {
    truth.issued(trade(id));
    if (id != 12) truth.sent(trade(id));
  }
  Event book = trade(5);
  book.stream = 2;
  book.kind = EventKind::book;
  book.ask_price = 6168600000000;
  book.ask_quantity = 1;
  truth.sent(book);
  ConnectionTruth& connection = truth.new_connection();
  connection.target = "/ws/\"odd\"";
  connection.frames = 4;
  connection.stream(0).add(10);
  REQUIRE_FALSE(truth.write((folder.path / "truth.json").string(), "SIGTERM"));

  simdjson::dom::parser parser;
  simdjson::dom::element root = parser.load((folder.path / "truth.json").string());
  CHECK(std::string_view(root["ended_by"]) == "SIGTERM");
  CHECK(std::int64_t(root["sent_events"]) == 4);
  const auto first = root["streams"].at(0);
  CHECK(std::string_view(first["stream"]) == "btcusdt@trade");
  CHECK(std::int64_t(first["issued"]["count"]) == 4);
  CHECK(std::int64_t(first["sent"]["count"]) == 3);
  CHECK(std::int64_t(first["sent"]["last"]) == 20);
  CHECK(std::string_view(first["sum_price"]) == "185057.97000000");
  CHECK(std::string_view(first["sum_quantity"]) == "0.00051000");
  CHECK(simdjson::to_string(first["ranges"]) == "[[10,11],[20,20]]");
  CHECK(simdjson::to_string(root["streams"].at(2)["ids"]) == "[5]");
  CHECK(std::string_view(root["connections"].at(0)["target"]) == "/ws/\"odd\"");
  CHECK(root["connections"].at(0)["closed_by"].is_null());

  CHECK(content(folder.path / "rows") ==
        "BTCUSDT trade 10 61685.99000000 0.00017000\n"
        "BTCUSDT trade 11 61685.99000000 0.00017000\n"
        "BTCUSDT trade 20 61685.99000000 0.00017000\n"
        "BTCUSDT bookTicker 5 61685.99000000 0.00017000 61686.00000000 0.00000001\n");
}

TEST_CASE("A truth that cannot be written is said, with its name") {
  const StreamTable streams = Market::streams();
  Truth truth(streams, 1, true);
  const auto failure = truth.write("/nowhere/truth.json", "end");
  REQUIRE(failure);
  CHECK(failure->message.find("/nowhere/truth.json") != std::string::npos);
}
