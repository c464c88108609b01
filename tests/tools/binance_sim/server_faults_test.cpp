// SPDX-License-Identifier: Apache-2.0
// Faults strike exactly where they were told to, and the truth knows what was sent before them.
#include "client.hpp"
#include "running.hpp"

using namespace sluice::sim;
using namespace std::chrono_literals;

namespace {

Options with_fault(FaultKind kind, const char* text, std::uint64_t frames = 0) {
  Options options;
  options.rate = 0;
  options.frames = frames;
  options.close_after_frames = true;
  options.faults.add(*parse_fault(kind, "fault", text));
  return options;
}

struct Ending {
  std::size_t frames = 0;
  Message last;
};

Ending read_all(Client& client) {
  Ending ending;
  while ((ending.last = client.read()).kind == Message::text) ++ending.frames;
  return ending;
}

}  // namespace

TEST_CASE("Close: a close frame right behind frame N") {
  Running sim(with_fault(FaultKind::close, "1234"));
  Client client(sim.port(), nine_streams);
  const Ending ending = read_all(client);
  CHECK(ending.frames == 1234);
  CHECK(ending.last.kind == Message::closed);
  CHECK(ending.last.code == 1001);
  CHECK(ending.last.payload == "going away");
}

TEST_CASE("Cut, repeated: each connection gets its N frames, then a reset, and no id is lost") {
  Running sim(with_fault(FaultKind::cut, "every:5000", 20'000));
  std::map<std::string, std::vector<std::int64_t>> received;
  for (int i = 0; i < 4; ++i) {
    Client client(sim.port(), nine_streams);
    std::vector<std::string> texts = client.read_texts(5'000);
    INFO("connection " << i + 1);
    REQUIRE(texts.size() == 5'000);
    collect_ids(texts, received);
    const Message end = client.read();
    CHECK(end.kind == Message::failed);
    CHECK(end.payload.find("reset") != std::string::npos);
  }
  CHECK(received == sim.sent_ids());
  CHECK(sim.closed_by(3) == "server, reset as told");
}

TEST_CASE("Truncate: the end of TCP without close_notify") {
  Options options = with_fault(FaultKind::truncate, "100");
  options.tls = true;
  Running sim(options);
  Client client(sim.port(), nine_streams, sim.certificate());
  const Ending ending = read_all(client);
  CHECK(ending.frames == 100);
  CHECK(ending.last.kind == Message::failed);
  CHECK(ending.last.payload.find("truncated") != std::string::npos);
}

TEST_CASE("Stall: pings go on, data comes back after the time told") {
  Options options = with_fault(FaultKind::stall, "100:0.5", 200);
  options.ping_interval = 5ms;
  Running sim(options);
  Client client(sim.port(), nine_streams);
  REQUIRE(client.read_texts(100).size() == 100);
  const std::size_t before = client.pings();
  CHECK(read_all(client).frames == 100);
  CHECK(client.pings() > before + 2);
}

TEST_CASE("A stall for ever ends with the client; the next connection goes on") {
  Running sim(with_fault(FaultKind::stall, "100", 300));
  std::map<std::string, std::vector<std::int64_t>> received;
  Client stalled(sim.port(), nine_streams);
  collect_ids(stalled.read_texts(100), received);
  Client next(sim.port(), nine_streams);  // the first is still open
  collect_ids(next.read_texts(200), received);
  CHECK(received == sim.sent_ids());
}

TEST_CASE("Malformed frames of each kind come between whole ones") {
  Options options = with_fault(FaultKind::malformed, "every:10:all", 100);
  Running sim(options);
  Client client(sim.port(), nine_streams);
  simdjson::dom::parser parser;
  std::size_t whole = 0, odd = 0, largest = 0;
  for (;;) {
    const Message message = client.read();
    if (message.kind != Message::text) {
      // Beast itself refuses invalid UTF-8, the third kind.
      CHECK(message.payload.find("utf8") != std::string::npos);
      break;
    }
    largest = std::max(largest, message.payload.size());
    (parser.parse(message.payload).error() == simdjson::SUCCESS ? whole : odd) += 1;
  }
  CHECK(whole == 30);
  CHECK(odd == 2);
  CHECK(largest < 1000);
}

TEST_CASE("Each kind of malformed frame is one the client can tell") {
  simdjson::dom::parser parser;
  for (const char* kind : {"text", "truncated", "junk", "fields", "types", "stream"}) {
    INFO(kind);
    Running sim(with_fault(FaultKind::malformed, (std::string("1:") + kind).c_str(), 2));
    Client client(sim.port(), nine_streams);
    const std::vector<std::string> texts = client.read_texts(4);
    REQUIRE(texts.size() == 3);
    const bool json = parser.parse(texts[1]).error() == simdjson::SUCCESS;
    const std::string name = kind;
    CHECK(json == (name == "fields" || name == "types" || name == "stream"));
    CHECK((texts[1].size() == (1 << 20)) == (name == "junk"));
    CHECK(std::int64_t(sim.connection(0)["malformed"]) == 1);
    CHECK(std::int64_t(sim.connection(0)["frames"]) == 2);
  }
}

TEST_CASE("Fragments with a ping between make the same messages") {
  Options options = with_fault(FaultKind::stall, "999999", 1'000);
  options.fragment_every = 3;
  Running sim(options);
  Client client(sim.port(), nine_streams);
  std::map<std::string, std::vector<std::int64_t>> received;
  collect_ids(client.read_texts(1'000), received);
  CHECK(client.pings() == 333);
  CHECK(client.read().kind == Message::closed);
  CHECK(received == sim.sent_ids());
}

TEST_CASE("serverShutdown comes unasked, then the close") {
  Running sim(with_fault(FaultKind::shutdown, "10"));
  Client client(sim.port(), "/stream?streams=btcusdt@trade");
  REQUIRE(client.read_texts(10).size() == 10);
  CHECK(client.read().payload.find(R"({"stream":"!serverShutdown","data":{"e":"serverShutdown","E":)") == 0);
  const Message end = client.read_to_end();
  CHECK(end.code == 1001);
}

TEST_CASE("With a live clock, what passed while nobody listened is issued and not sent") {
  Options options;
  options.rate = 20'000;
  options.live_clock = true;
  Running sim(options);
  {
    Client client(sim.port(), nine_streams);
    REQUIRE(client.read_texts(500).size() == 500);
    client.close();
  }
  std::this_thread::sleep_for(50ms);  // the market's own time: 1,000 events pass
  Client client(sim.port(), nine_streams);
  REQUIRE(client.read_texts(500).size() == 500);
  client.close();
  std::int64_t issued = 0;
  for (const simdjson::dom::element stream : sim.truth()["streams"]) issued += std::int64_t(stream["issued"]["count"]);
  CHECK(issued > std::int64_t(sim.truth()["sent_events"]) + 500);
}
