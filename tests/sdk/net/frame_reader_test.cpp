// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/frame_reader.hpp"

#include <random>

#include "catch.hpp"
#include "loopback/frame_text.hpp"

using namespace sluice::net;
using namespace sluice::net::test;

namespace {

constexpr uint64_t limit = 1 << 20;

/// What a reader made of bytes that came in chunks.
struct Seen {
  std::vector<std::string> messages, pings;
  StreamEnd end = StreamEnd::none;
  uint16_t code = 0;
  std::string why;
  bool operator==(const Seen&) const = default;
};

/// Hands the bytes over as a socket would: chunk by chunk, what was not taken again in front.
template <typename NextChunk>
Seen read_in_chunks(const std::string& bytes, NextChunk&& next_chunk, uint64_t max_message = limit) {
  FrameReader reader(max_message);
  Seen seen;
  std::string waiting;
  size_t given = 0;
  while (given < bytes.size()) {
    const size_t chunk = std::min(next_chunk(), bytes.size() - given);
    waiting.append(bytes, given, chunk);
    given += chunk;
    const uint64_t taken = reader.scan(reinterpret_cast<const uint8_t*>(waiting.data()), waiting.size());
    for (const Message& message : reader.messages()) {
      seen.messages.emplace_back(reinterpret_cast<const char*>(message.data), message.size);
      seen.messages.back() += message.text ? 't' : 'b';
    }
    for (const Ping& ping : reader.pings()) {
      seen.pings.emplace_back(reinterpret_cast<const char*>(ping.payload), ping.size);
    }
    reader.clear_messages();
    reader.clear_pings();
    waiting.erase(0, taken);
    if (reader.needed() != 0) REQUIRE(reader.needed() > waiting.size());
  }
  seen.end = reader.end();
  seen.code = reader.close_code();
  seen.why = reader.why();
  return seen;
}

Seen read_whole(const std::string& bytes, uint64_t max_message = limit) {
  return read_in_chunks(
      bytes, [&] { return bytes.size(); }, max_message);
}

std::string random_payload(std::mt19937& random, size_t most) {
  std::string payload(random() % (most + 1), '\0');
  for (char& c : payload) c = static_cast<char>(random());
  return payload;
}

/// Random frames, and what a reader has to see of them.
std::string random_stream(std::mt19937& random, Seen& expected) {
  std::string bytes;
  const auto maybe_control = [&] {
    if (random() % 4 == 0) {
      expected.pings.push_back(random_payload(random, 125));
      bytes += ping_frame(expected.pings.back());
    }
    if (random() % 8 == 0) bytes += raw_frame(last_bit | 10, random_payload(random, 125));
  };
  const int count = static_cast<int>(random() % 12);
  for (int i = 0; i < count; ++i) {
    maybe_control();
    const uint8_t opcode = random() % 5 == 0 ? 2 : 1;
    const size_t most = random() % 20 == 0 ? 70'000 : 300;
    std::string message;
    int pieces = random() % 3 == 0 ? 1 + static_cast<int>(random() % 4) : 1;
    for (int piece = 0; piece < pieces; ++piece) {
      if (piece > 0) maybe_control();
      const std::string payload = random_payload(random, most);
      const bool last = piece + 1 == pieces;
      bytes += raw_frame(static_cast<uint8_t>((last ? last_bit : 0) | (piece == 0 ? opcode : 0)), payload);
      message += payload;
    }
    expected.messages.push_back(message + (opcode == 1 ? 't' : 'b'));
  }
  if (random() % 3 == 0) {
    bytes += close_frame(1008, "Pong timeout") + text_frame("after the end");
    expected.end = StreamEnd::closed;
    expected.code = 1008;
    expected.why = "Pong timeout";
  }
  return bytes;
}

}  // namespace

TEST_CASE("random frames give the same messages however the bytes are cut", "[property]") {
  std::mt19937 random(11);
  for (int round = 0; round < 400; ++round) {
    Seen expected;
    const std::string bytes = random_stream(random, expected);
    INFO("round " << round);
    REQUIRE(read_whole(bytes) == expected);
    REQUIRE(read_in_chunks(bytes, [&] { return 1 + random() % 200; }) == expected);
    REQUIRE(read_in_chunks(bytes, [&] { return 1 + random() % 20'000; }) == expected);
  }
}

TEST_CASE("one cut at every place changes nothing", "[property]") {
  const std::string bytes = text_frame("{\"a\":1}") + ping_frame("p1") + raw_frame(1, "frag") + ping_frame("") +
                            raw_frame(0, "men") + raw_frame(last_bit, "ted") + text_frame(std::string(126, 'x')) +
                            text_frame(std::string(300, 'y')) + text_frame("") + close_frame(1001, "going away");
  const Seen whole = read_whole(bytes);
  REQUIRE(whole.messages.size() == 5);
  CHECK(whole.messages[1] == "fragmentedt");
  CHECK(whole.pings == std::vector<std::string>{"p1", ""});
  CHECK(whole.end == StreamEnd::closed);
  for (size_t cut = 1; cut < bytes.size(); ++cut) {
    bool first = true;
    REQUIRE(read_in_chunks(bytes, [&] { return std::exchange(first, false) ? cut : bytes.size(); }) == whole);
  }
  REQUIRE(read_in_chunks(bytes, [] { return size_t{1}; }) == whole);
}

TEST_CASE("whole frames are views into the bytes, a fragmented message is not") {
  const std::string bytes = text_frame("whole") + raw_frame(1, "a") + raw_frame(last_bit, "b");
  FrameReader reader(limit);
  CHECK(reader.scan(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()) == bytes.size());
  REQUIRE(reader.messages().size() == 2);
  CHECK(reader.messages()[0].data == reinterpret_cast<const uint8_t*>(bytes.data()) + 2);
  CHECK_FALSE(reader.messages()[0].assembled);
  CHECK(reader.messages()[1].assembled);
}

TEST_CASE("the size of an unfinished frame is known from its header on") {
  const std::string frame = text_frame(std::string(100'000, 'z'));
  FrameReader reader(limit);
  const auto* bytes = reinterpret_cast<const uint8_t*>(frame.data());
  CHECK(reader.scan(bytes, 9) == 0);
  CHECK(reader.needed() == 0);
  CHECK(reader.scan(bytes, 10) == 0);
  CHECK(reader.needed() == frame.size());
  CHECK(reader.scan(bytes, frame.size()) == frame.size());
  CHECK(reader.needed() == 0);
}

TEST_CASE("what breaks the protocol ends the stream, and what came before is kept") {
  const std::string half_code = raw_frame(last_bit | 8, "x");
  const std::string bad = GENERATE_COPY(
      raw_frame(last_bit | 0x40 | 1, "rsv1"), raw_frame(last_bit | 0x10 | 1, "rsv3"),
      raw_frame(last_bit | 1, "abcdmask", 0x80), raw_frame(last_bit | 3, "opcode"), raw_frame(last_bit | 0xF, "opcode"),
      raw_frame(9, "fragmented ping"), raw_frame(8, ""), raw_frame(last_bit, "continues nothing"),
      raw_frame(1, "a") + text_frame("within"), raw_frame(last_bit | 9, std::string(126, 'p')), half_code,
      std::string("\x81\x7e\x00\x05hello", 9), std::string("\x81\x7f\x00\x00\x00\x00\x00\x00\x01\x00", 10));
  const Seen seen = read_whole(text_frame("before") + bad + text_frame("behind"));
  CHECK(seen.messages == std::vector<std::string>{"beforet"});
  CHECK(seen.end == StreamEnd::protocol_error);
  CHECK_FALSE(seen.why.empty());
}

TEST_CASE("a message above the limit ends the stream by its header alone") {
  CHECK(read_whole(text_frame(std::string(1000, 'a')), 1000).end == StreamEnd::none);
  CHECK(read_whole(text_frame(std::string(1001, 'a')).substr(0, 4), 1000).end == StreamEnd::too_big);
  CHECK(read_whole(std::string("\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff", 10), 1000).end == StreamEnd::too_big);
  const std::string pieces = raw_frame(1, std::string(600, 'a')) + raw_frame(0, std::string(401, 'a')).substr(0, 4);
  CHECK(read_whole(pieces, 1000).end == StreamEnd::too_big);
}

TEST_CASE("a close frame without a code says so") {
  const Seen seen = read_whole(raw_frame(last_bit | 8, ""));
  CHECK(seen.end == StreamEnd::closed);
  CHECK(seen.code == 1005);
  CHECK(seen.why.empty());
}

TEST_CASE("a close frame whose code may not be sent breaks the protocol, and its reason is told") {
  for (const uint16_t code : {0, 1, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65535}) {
    INFO(code);
    const Seen seen = read_whole(close_frame(code, "because"));
    CHECK(seen.end == StreamEnd::protocol_error);
    CHECK(seen.why.find(std::to_string(code)) != std::string::npos);
    CHECK(seen.why.find("because") != std::string::npos);
  }
  for (const uint16_t code :
       {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999}) {
    INFO(code);
    const Seen seen = read_whole(close_frame(code, "because"));
    CHECK(seen.end == StreamEnd::closed);
    CHECK(seen.code == code);
    CHECK(seen.why == "because");
  }
}

TEST_CASE("a message of empty fragments is an empty message") {
  const Seen seen = read_whole(raw_frame(1, "") + raw_frame(0, "") + raw_frame(last_bit, "") + text_frame("behind"));
  CHECK(seen.messages.size() == 2);
  CHECK(seen.messages.back() == "behindt");
  CHECK(seen.end == StreamEnd::none);
}

TEST_CASE("what has come of a message in fragments is known until it is whole") {
  FrameReader reader(limit);
  const std::string first = raw_frame(1, "abc"), last = raw_frame(last_bit, "de");
  reader.scan(reinterpret_cast<const uint8_t*>(first.data()), first.size());
  CHECK(reader.partial_bytes() == 3);
  reader.scan(reinterpret_cast<const uint8_t*>(last.data()), last.size());
  CHECK(reader.partial_bytes() == 0);
}
