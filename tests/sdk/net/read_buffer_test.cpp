// SPDX-License-Identifier: Apache-2.0
#include "sluice/net/read_buffer.hpp"

#include <cstring>
#include <random>

#include "catch.hpp"
#include "sluice/net/lone_host.hpp"

using sluice::Buffer;
using sluice::net::lone_context;
using sluice::net::ReadBuffer;

namespace {

struct Frozen {
  Buffer buffer;
  const uint8_t* begin;
  std::string bytes;  ///< and the padding behind
};

}  // namespace

TEST_CASE("bytes that a record views, and 64 behind, never change; unread ones are never lost", "[property]") {
  std::mt19937 random(5);
  ReadBuffer buffer(lone_context());
  std::vector<Frozen> frozen;
  std::string unread;
  for (int round = 0; round < 3000; ++round) {
    const uint64_t whole = random() % 50 == 0 ? random() % 200'000 : 0;
    buffer.make_room(whole);
    REQUIRE(buffer.room_bytes() >= ReadBuffer::least_room);
    REQUIRE(buffer.unread_bytes() + buffer.room_bytes() >= whole);
    const size_t got = random() % 4 == 0 ? random() % (buffer.room_bytes() + 1) : random() % 300;
    for (size_t i = 0; i < got; ++i) {
      buffer.room()[i] = static_cast<uint8_t>(random());
      unread += static_cast<char>(buffer.room()[i]);
    }
    buffer.filled(got);
    REQUIRE(std::string(reinterpret_cast<const char*>(buffer.unread()), buffer.unread_bytes()) == unread);
    const size_t taken = random() % (unread.size() + 1);
    if (taken > 0 && random() % 3 != 0) {
      const uint8_t* begin = buffer.unread() + random() % taken;
      const uint8_t* end = buffer.unread() + taken;
      buffer.freeze(end);
      frozen.push_back({buffer.buffer(), begin, std::string(reinterpret_cast<const char*>(begin), end + 64 - begin)});
    }
    buffer.consume(taken);
    unread.erase(0, taken);
    if (frozen.size() > 50) frozen.erase(frozen.begin());
    for (const Frozen& each : frozen) REQUIRE(std::memcmp(each.begin, each.bytes.data(), each.bytes.size()) == 0);
  }
}

TEST_CASE("few bytes at a time share one buffer") {
  ReadBuffer buffer(lone_context());
  buffer.make_room(0);
  const uint8_t* first = buffer.room();
  for (int i = 0; i < 200; ++i) {
    buffer.make_room(0);
    std::memset(buffer.room(), 'x', 155);
    buffer.filled(155);
    buffer.freeze(buffer.unread() + 155);
    buffer.consume(155);
  }
  CHECK(buffer.buffer().data() == first);
}
