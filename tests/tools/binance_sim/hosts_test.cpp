// SPDX-License-Identifier: Apache-2.0
// Several hosts of one exchange: the same market with a delay each, and faults that strike one of them.
#include "client.hpp"
#include "rest_client.hpp"
#include "running.hpp"

using namespace sluice::sim;
using namespace std::chrono_literals;

namespace {

Options two_hosts(Duration delay) {
  Options options;
  options.rate = 5'000;
  options.more_hosts.push_back({0, delay});
  return options;
}

std::string host_of(simdjson::dom::element connection) { return std::to_string(std::int64_t(connection["host"])); }

using Ids = std::map<std::string, std::vector<std::int64_t>>;

}  // namespace

TEST_CASE("Both hosts send the same events, the second one later") {
  Options options = two_hosts(200ms);
  options.frames = 5'000;
  options.close_after_frames = true;
  Running sim(options);
  Client first(sim.port(), nine_streams), second(sim.port(1), nine_streams);
  Ids of_first, of_second;
  std::vector<std::string> frames = first.read_texts(1'000);
  const std::string wanted = first.read().payload;
  frames.push_back(wanted);
  const Time at = std::chrono::steady_clock::now();
  std::vector<std::string> others{second.read().payload};
  while (others.back() != wanted) others.push_back(second.read().payload);
  CHECK(std::chrono::steady_clock::now() - at > 20ms);
  collect_ids(frames, of_first);
  collect_ids(first.read_texts(10'000), of_first);
  collect_ids(others, of_second);
  collect_ids(second.read_texts(10'000), of_second);
  CHECK(of_first == sim.sent_ids());
  for (const auto& [stream, ids] : of_second) {
    INFO(stream);
    REQUIRE(ids.size() <= of_first[stream].size());
    CHECK(std::equal(ids.rbegin(), ids.rend(), of_first[stream].rbegin()));
  }
  CHECK(host_of(sim.connection(0)) == "1");
  CHECK(host_of(sim.connection(1)) == "2");
}

TEST_CASE("A delay alone loses nothing") {
  Options options;
  options.rate = 2'000;
  options.frames = 500;
  options.close_after_frames = true;
  options.delay = 100ms;
  Running sim(options);
  Client client(sim.port(), nine_streams);
  Ids received;
  collect_ids(client.read_texts(1'000), received);
  CHECK(received == sim.sent_ids());
}

TEST_CASE("A fault that names a host strikes its connections, and the market goes on at the other") {
  Options options = two_hosts(0ms);
  options.frames = 2'000;
  options.close_after_frames = true;
  options.faults.add(*parse_fault(FaultKind::cut, "--cut-at", "2/every:500"));
  Running sim(options);
  Client first(sim.port(), nine_streams), second(sim.port(1), nine_streams);
  Message end = second.read();
  while (end.kind == Message::text) end = second.read();
  CHECK(end.kind == Message::failed);
  Ids received;
  collect_ids(first.read_texts(10'000), received);
  CHECK(received == sim.sent_ids());
  CHECK(sim.closed_by(0) == "server, 1000");
  CHECK(sim.closed_by(1) == "server, reset as told");
}

TEST_CASE("A stream that is silent at one host flows at the other") {
  Options options = two_hosts(0ms);
  options.frames = 3'000;
  options.close_after_frames = true;
  options.faults.add(*parse_fault(FaultKind::silence, "--silence-at", "2/500:btcusdt@trade"));
  Running sim(options);
  Client first(sim.port(), nine_streams), second(sim.port(1), nine_streams);
  Ids of_first, of_second;
  std::thread reader([&] { collect_ids(second.read_texts(10'000), of_second); });
  collect_ids(first.read_texts(10'000), of_first);
  reader.join();
  CHECK(of_first == sim.sent_ids());
  CHECK(of_second["btcusdt@trade"].size() < of_first["btcusdt@trade"].size());
  CHECK(of_second["ethusdt@trade"].back() == of_first["ethusdt@trade"].back());
  CHECK(std::int64_t(sim.connection(1)["silenced"]) > 0);
  CHECK(std::int64_t(sim.connection(0)["silenced"]) == 0);
}

TEST_CASE("A connection ends when it has lived for its time") {
  Options options;
  options.lifetime = 50ms;
  Running sim(options);
  Client client(sim.port(), nine_streams);
  Message end = client.read();
  while (end.kind == Message::text) end = client.read();
  CHECK(end.code == 1001);
}

TEST_CASE("What names no host is a sentence") {
  for (const char* text : {"0/5", "x/5", "2/", "/5", "2/0"}) {
    INFO(text);
    CHECK_FALSE(parse_fault(FaultKind::cut, "--cut-at", text));
  }
  CHECK_FALSE(parse_fault(FaultKind::silence, "--silence-at", "5"));
  CHECK_FALSE(parse_fault(FaultKind::silence, "--silence-at", "5:depth"));
  Options options;
  options.port = 0;
  options.faults.add(*parse_fault(FaultKind::cut, "--cut-at", "2/5"));
  Server server(options);
  const auto failure = server.prepare();
  REQUIRE(failure);
  CHECK(failure->message.find("--also") != std::string::npos);
}
