// SPDX-License-Identifier: Apache-2.0
// The simulator in this process, met by a websocket client: upgrade, subscriptions, pings, limits, TLS, the truth.
#include <fstream>

#include "client.hpp"
#include "running.hpp"

using namespace sluice::sim;
using namespace std::chrono_literals;

namespace {

Options flat_out(std::uint64_t frames = 0) {
  Options options;
  options.rate = 0;
  options.frames = frames;
  return options;
}

}  // namespace

TEST_CASE("What a client receives is what the truth says was sent") {
  Options options = flat_out(20'000);
  options.close_after_frames = true;
  Running sim(options);
  Client client(sim.port(), nine_streams);
  REQUIRE(client.status() == 101);
  std::map<std::string, std::vector<std::int64_t>> received;
  collect_ids(client.read_texts(20'000), received);
  const Message end = client.read();
  CHECK(end.kind == Message::closed);
  CHECK(end.code == 1000);
  CHECK(received.size() == 9);
  CHECK(received == sim.sent_ids());
  CHECK(std::int64_t(sim.truth()["sent_events"]) == 20'000);
  CHECK(std::int64_t(sim.connection(0)["frames"]) == 20'000);
  CHECK(sim.closed_by(0) == "server, 1000");
}

TEST_CASE("A reconnect goes on where the last connection ended: ids issued are ids sent") {
  Running sim(flat_out());
  std::map<std::string, std::vector<std::int64_t>> received;
  for (int i = 0; i < 3; ++i) {
    Client client(sim.port(), nine_streams);
    collect_ids(client.read_texts(10'000), received);
    client.drop();
  }
  // The rest of what was written to the dropped connections is lost with them; the truth counts it as sent.
  Client last(sim.port(), "/stream?streams=btcusdt@trade");
  CHECK(last.status() == 101);
  last.close();
  for (const simdjson::dom::element stream : sim.truth()["streams"]) {
    INFO(std::string_view(stream["stream"]));
    simdjson::dom::array ranges;
    if (stream["ranges"].get(ranges) == simdjson::SUCCESS) CHECK(ranges.size() == 1);
  }
  const auto sent = sim.sent_ids();
  for (const auto& [stream, ids] : received) {
    REQUIRE(sent.count(stream) == 1);
    const std::set<std::int64_t> all(sent.at(stream).begin(), sent.at(stream).end());
    for (const std::int64_t id : ids) REQUIRE(all.count(id) == 1);
  }
}

TEST_CASE("A raw connection gets bare payloads of its stream; SUBSCRIBE brings more") {
  Running sim(flat_out());
  Client client(sim.port(), "/ws/ethusdt@trade");
  for (const std::string& text : client.read_texts(100)) REQUIRE(text.find(R"({"e":"trade","E":)") == 0);
  client.close();

  Client empty(sim.port(), "/ws");
  empty.write(R"({"method":"LIST_SUBSCRIPTIONS","id":1})");
  CHECK(empty.read().payload == R"({"result":[],"id":1})");
  empty.write(R"({"method":"SUBSCRIBE","params":["bnbusdt@bookTicker"],"id":2})");
  CHECK(empty.read().payload == R"({"result":null,"id":2})");
  CHECK(empty.read().payload.find(R"({"u":)") == 0);
  empty.write("nonsense");
  Message reply = empty.read();
  while (reply.kind == Message::text && reply.payload.find("error") == std::string::npos) reply = empty.read();
  CHECK(reply.payload == R"({"error":{"code":3,"msg":"Invalid JSON: expected value at line 1 column 1"}})");
}

TEST_CASE("Two clients at once both get everything") {
  Options options = flat_out(30'000);
  options.close_after_frames = true;
  Running sim(options);
  // Both are there before either wants data.
  Client a(sim.port(), "/stream"), b(sim.port(), "/stream");
  const std::string subscribe = R"({"method":"SUBSCRIBE","params":["btcusdt@trade","btcusdt@bookTicker"],"id":1})";
  // Before a reads anything: the end would close b, too, however late its subscription came.
  a.write(subscribe);
  b.write(subscribe);
  REQUIRE(a.read().payload == R"({"result":null,"id":1})");
  std::vector<std::string> of_b;
  std::thread reader([&] { of_b = b.read_texts(1'000'000); });
  const std::vector<std::string> of_a = a.read_texts(1'000'000);
  reader.join();
  CHECK(of_a.size() == 30'000);
  REQUIRE(of_b.size() > 1);
  // b came later: after the reply, what it got is an unbroken tail of what a got.
  REQUIRE(of_b.size() - 1 <= of_a.size());
  CHECK(std::equal(of_b.rbegin(), of_b.rend() - 1, of_a.rbegin()));
}

TEST_CASE("A capture comes byte for byte, only what was subscribed, or all") {
  const std::string book =
      R"({"stream":"btcusdt@bookTicker","data":{"u":50093239212,"s":"BTCUSDT","b":"61837.63000000","B":"3.78826000",)"
      R"("a":"61837.64000000","A":"1.54698000"}})";
  const std::string depth = R"({"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1,"s":"BTCUSDT","b":[]}})";
  std::string path = (std::filesystem::temp_directory_path() / "binance_sim_capture_XXXXXX").string();
  close(mkstemp(path.data()));
  std::ofstream(path) << "1 " << book << "\n2 " << depth << "\n3 {\"lastUpdateId\":1}\n4 " << book << "\n";
  for (const bool all : {false, true}) {
    Options options;
    options.captures = {path};
    options.speed = 0;
    options.all_frames = all;
    options.close_after_frames = true;
    Running sim(options);
    Client client(sim.port(), "/stream?streams=btcusdt@bookTicker");
    const std::vector<std::string> expected =
        all ? std::vector<std::string>{book, depth, book} : std::vector<std::string>{book, book};
    CHECK(client.read_texts(10) == expected);
    CHECK(sim.sent_ids()["btcusdt@bookTicker"] == std::vector<std::int64_t>{50093239212, 50093239212});
  }
  std::filesystem::remove(path);
}

TEST_CASE("TLS: a client that trusts the certificate gets its frames") {
  Options options = flat_out(5'000);
  options.tls = true;
  options.close_after_frames = true;
  Running sim(options);
  Client client(sim.port(), nine_streams, sim.certificate());
  REQUIRE(client.status() == 101);
  CHECK(client.read_texts(5'000).size() == 5'000);
  const Message end = client.read();
  CHECK(end.kind == Message::closed);
  CHECK(sim.closed_by(0) == "server, 1000");
}

TEST_CASE("Pings that are answered keep the connection open") {
  Options options;
  options.ping_interval = 5ms;
  options.pong_timeout = 10s;
  options.rate = 1000;
  Running sim(options);
  Client client(sim.port(), nine_streams);
  while (client.pings() < 10) REQUIRE(client.read().kind == Message::text);
  client.close();
  CHECK(std::int64_t(sim.connection(0)["pongs"]) >= 9);
  CHECK(sim.closed_by(0) == "client, 1000");
}

TEST_CASE("A ping without its payload back closes with 1008 Pong timeout") {
  Options options;
  options.ping_interval = 20ms;
  options.pong_timeout = 60ms;
  for (const bool wrong_echo : {false, true}) {
    Running sim(options);
    Client client(sim.port(), "/ws");
    if (wrong_echo) client.pong("not what you sent");
    std::string bytes, more;
    while (!(more = client.read_raw()).empty()) {
      bytes += more;
      if (bytes.find("Pong timeout") != std::string::npos) break;
    }
    CHECK(bytes.find(std::string("\x88\x0e\x03\xf0Pong timeout")) != std::string::npos);
    client.drop();
    CHECK(sim.closed_by(0).find("server, 1008 Pong timeout") == 0);
  }
}

TEST_CASE("The sixth message of a second closes with 1008 Too many requests") {
  Options options;
  Running sim(options);
  Client client(sim.port(), "/ws");
  for (int i = 0; i < 6; ++i) client.ping("x");
  const Message end = client.read_to_end();
  CHECK(end.kind == Message::closed);
  CHECK(end.code == 1008);
  CHECK(end.payload == "Too many requests");
}

TEST_CASE("What is no stream path or no stream name is refused as the exchange does") {
  Options options;
  Running sim(options);
  CHECK(Client(sim.port(), "/nothing").status() == 404);
  Client client(sim.port(), "/ws/nonsense");
  CHECK(client.status() == 101);
  const Message end = client.read();
  CHECK(end.code == 1008);
  CHECK(end.payload == R"({"code":-1,"msg":"Illegal format ws or stream"})");
}

TEST_CASE("The first upgrades can be refused, and too many are") {
  Options options;
  options.refuse_connects = 2;
  options.refuse_status = 451;
  options.connects_per_five_minutes = 1;
  Running sim(options);
  CHECK(Client(sim.port(), "/ws").status() == 451);
  CHECK(Client(sim.port(), "/ws").status() == 451);
  CHECK(Client(sim.port(), "/ws").status() == 101);
  CHECK(Client(sim.port(), "/ws").status() == 429);
}

TEST_CASE("A port in use is a sentence") {
  Running first{Options()};
  Options options;
  options.port = first.port();
  Server second(options);
  const auto failure = second.prepare();
  REQUIRE(failure);
  CHECK(failure->exit_code == exit_listen);
  CHECK(failure->message.find(std::to_string(first.port())) != std::string::npos);
  CHECK(failure->message.find("--port") != std::string::npos);
}

TEST_CASE("A client that does not read stops the market, not the server") {
  Options options = flat_out();
  options.send_buffer_bytes = 64 * 1024;
  Running sim(options);
  Client deaf(sim.port(), nine_streams);
  Client other(sim.port(), "/ws");
  other.write(R"({"method":"LIST_SUBSCRIPTIONS","id":1})");
  CHECK(other.read().payload == R"({"result":[],"id":1})");
  const auto connection = sim.connection(0);  // stops the simulator while the deaf client holds its bytes
  CHECK(std::int64_t(connection["frames"]) > 0);
  CHECK(std::int64_t(connection["frames"]) == std::int64_t(sim.truth()["sent_events"]));
}
