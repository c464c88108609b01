// SPDX-License-Identifier: Apache-2.0
// Pings, limits, client frames, faults and durations: the rules that need no socket.
#include <limits>

#include "catch.hpp"
#include "client_frames.hpp"
#include "faults.hpp"
#include "handshake.hpp"
#include "liveness.hpp"
#include "options.hpp"

using namespace sluice::sim;
using namespace std::chrono_literals;

namespace {

std::string masked(unsigned first, const std::string& payload) {
  const std::string mask = "\x11\x22\x33\x44";
  std::string frame{static_cast<char>(first), static_cast<char>(0x80 | payload.size())};
  frame += mask;
  for (std::size_t i = 0; i < payload.size(); ++i) frame += static_cast<char>(payload[i] ^ mask[i % 4]);
  return frame;
}

}  // namespace

TEST_CASE("A ping is settled by its own payload only") {
  PingBook book(20s, 60s);
  const PingBook::Time start{};
  book.start(start);
  CHECK_FALSE(book.ping_due(start + 19s));
  REQUIRE(book.ping_due(start + 20s));
  const std::string first = book.make_ping(start + 20s, 1);
  const std::string second = book.make_ping(start + 40s, 1);
  CHECK_FALSE(first.empty());
  CHECK(first != second);
  CHECK_FALSE(book.pong("something else"));
  CHECK_FALSE(book.pong(""));
  CHECK_FALSE(book.expired(start + 79s));
  CHECK(book.expired(start + 80s));
  CHECK(book.next_event() == start + 60s);
  CHECK(book.pong(second));
  CHECK_FALSE(book.pong(first));
  CHECK_FALSE(book.expired(start + 1000s));
}

TEST_CASE("The sixth message within a second is one too many") {
  MessageLimit limit(5);
  const MessageLimit::Time start{};
  for (int i = 0; i < 5; ++i) CHECK(limit.admit(start + i * 100ms));
  CHECK_FALSE(limit.admit(start + 900ms));
  CHECK(MessageLimit(0).admit(start));
  MessageLimit steady(5);
  for (int i = 0; i < 100; ++i) CHECK(steady.admit(start + i * 201ms));
}

TEST_CASE("Client frames: byte by byte, fragments, control frames between them") {
  const std::string bytes = masked(0x01, "hel") + masked(0x8a, "pong") + masked(0x80, "lo") + masked(0x81, "");
  ClientFrames frames;
  std::vector<ClientMessage> messages;
  for (const char c : bytes) REQUIRE(frames.feed(std::string(1, c), messages));
  REQUIRE(messages.size() == 3);
  CHECK(messages[0].opcode == Opcode::pong);
  CHECK(messages[0].payload == "pong");
  CHECK(messages[1].opcode == Opcode::text);
  CHECK(messages[1].payload == "hello");
  CHECK(messages[2].payload.empty());
}

TEST_CASE("Client frames that break the protocol") {
  const auto code = [](const std::string& bytes) {
    ClientFrames frames;
    std::vector<ClientMessage> messages;
    return frames.feed(bytes, messages) ? 0U : frames.error_code();
  };
  CHECK(code(std::string("\x81\x01x")) == 1002);  // not masked
  CHECK(code(masked(0xc1, "x")) == 1002);         // reserved bit
  CHECK(code(masked(0x09, "x")) == 1002);         // fragmented control frame
  CHECK(code(masked(0x80, "x")) == 1002);         // continues nothing
  CHECK(code(std::string("\x81\xff\x00\x00\x00\x00\x00\x10\x00\x00", 10)) == 1009);
}

TEST_CASE("Faults: once, repeated, with arguments, and what is none") {
  FaultPlan plan;
  plan.add(*parse_fault(FaultKind::cut, "--cut-at", "100"));
  plan.add(*parse_fault(FaultKind::malformed, "--malformed-at", "every:40:utf8"));
  CHECK(plan.next_after(0, 1) == 40);
  CHECK(plan.next_after(40, 1) == 80);
  CHECK(plan.next_after(80, 1) == 100);
  CHECK(plan.next_after(100, 1) == 120);
  REQUIRE(plan.at(80, 1).size() == 1);
  CHECK(plan.at(80, 1)[0].malformed == Malformed::utf8);
  REQUIRE(plan.at(100, 1).size() == 1);
  CHECK(plan.at(100, 1)[0].kind == FaultKind::cut);
  CHECK(plan.at(0, 1).empty());
  CHECK(FaultPlan().next_after(5, 1) == std::numeric_limits<std::uint64_t>::max());

  CHECK(parse_fault(FaultKind::close, "--close-at", "5:1008")->close_code == 1008);
  CHECK(parse_fault(FaultKind::stall, "--stall-at", "5:1.5")->seconds == 1.5);
  CHECK_FALSE(parse_fault(FaultKind::malformed, "--malformed-at", "5:all")->malformed);
  for (const char* text : {"", "0", "x", "5:", "5:999", "every:", "-1"}) {
    const auto fault = parse_fault(FaultKind::close, "--close-at", text);
    REQUIRE_FALSE(fault);
    CHECK(fault.failure().message.find("--close-at") == 0);
  }
  CHECK_FALSE(parse_fault(FaultKind::cut, "--cut-at", "5:5"));
}

TEST_CASE("The upgrade of the standard's example") {
  const auto request = parse_request(
      "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  REQUIRE(request);
  CHECK(request->is_upgrade);
  CHECK(request->target == "/ws");
  CHECK(upgrade_response(request->key).find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") !=
        std::string::npos);
  CHECK_FALSE(parse_request("GET / HTTP/1.1\r\nHost: x\r\n\r\n")->is_upgrade);
  CHECK_FALSE(parse_request("\x16\x03\x01 hello\r\n\r\n"));
}

TEST_CASE("Durations and the command line") {
  CHECK(parse_duration("20s") == Duration(20s));
  CHECK(parse_duration("500ms") == Duration(500ms));
  CHECK(parse_duration("2") == Duration(2s));
  for (const char* odd : {"", "s", "5 s", "5d", "-1s"}) CHECK_FALSE(parse_duration(odd));

  const char* good[] = {"binance_sim",    "--port", "0",        "--cut-at", "every:10",
                        "--pong-timeout", "1s",     "--refuse", "2:451"};
  const CommandLine line = parse_command_line(9, good);
  REQUIRE_FALSE(line.exit_code);
  CHECK(line.options.port == 0);
  CHECK(line.options.pong_timeout == Duration(1s));
  CHECK(line.options.faults.next_after(10, 1) == 20);
  CHECK(line.options.refuse_status == 451);

  const char* faults[] = {"binance_sim",
                          "--drop",
                          "trade:5",
                          "--swap",
                          "bookTicker:1-2",
                          "--rest-refuse-at",
                          "2:418:30",
                          "--rest-missing",
                          "trade:7-9",
                          "--rest-behind",
                          "2s",
                          "--weight-window",
                          "10s",
                          "--weight-limit",
                          "100"};
  const Options told = parse_command_line(15, faults).options;
  CHECK(told.stream_faults.size() == 2);
  REQUIRE(told.rest_faults.at(2, RestFaultKind::refuse) != nullptr);
  CHECK(told.rest_faults.at(2, RestFaultKind::refuse)->seconds == 30);
  REQUIRE(told.rest_missing.size() == 1);
  CHECK(told.rest_missing[0].last == 9);
  CHECK(told.rest_behind == Duration(2s));
  CHECK(told.weights.window == Duration(10s));
  CHECK(told.weights.limit == 100);

  const char* wrong[] = {"binance_sim", "--cut-at", "soon"};
  CHECK(parse_command_line(3, wrong).exit_code == exit_usage);
  const char* unknown[] = {"binance_sim", "--prot", "0"};
  CHECK(parse_command_line(3, unknown).exit_code == exit_usage);
  const char* help[] = {"binance_sim", "--help"};
  CHECK(parse_command_line(2, help).exit_code == 0);
  CHECK(parse_command_line(2, help).text.find("--malformed-at") != std::string::npos);
}
