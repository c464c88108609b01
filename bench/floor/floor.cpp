// SPDX-License-Identifier: Apache-2.0
// bench_floor walk|parse: what reading the exchange's frames costs when written by hand for nothing else. One
// buffer, one thread: receive up to 1 MiB, walk the frame headers in place, with `parse` also find stream, symbol and
// id by simdjson, and forget them. Prints `received FRAMES PAYLOAD_BYTES CHECK`. Handles no error but by giving up.
#include <fmt/format.h>
#include <simdjson.h>

#include "environment.hpp"
#include "websocket.hpp"

namespace {

namespace json = simdjson::ondemand;
static_assert(sluice::bench::padding_bytes >= simdjson::SIMDJSON_PADDING);

struct Sums {
  uint64_t frames = 0;
  uint64_t payload_bytes = 0;
  uint64_t check = 0;
};

void parse(json::parser& parser, const uint8_t* payload, size_t size, Sums& sums) {
  json::document document = parser.iterate(payload, size, size + simdjson::SIMDJSON_PADDING);
  const std::string_view stream = document["stream"].get_string().value();
  // The type's first letter stands behind the '@'.
  const char type = stream[stream.find('@') + 1];
  json::object data = document["data"].get_object().value();
  // In the order in which the exchange writes them.
  if (type == 'b') {
    sums.check += data["u"].get_uint64().value();
    sums.check += data["s"].get_string().value().size();
  } else {
    sums.check += data["s"].get_string().value().size();
    sums.check += data[type == 't' ? "t" : "a"].get_uint64().value();
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("bench_floor walk|parse\n", stderr);
    return 2;
  }
  const bool parses = std::string_view(argv[1]) == "parse";
  json::parser parser;
  Sums sums;
  sluice::bench::read_frames(
      sluice::bench::connect_to(sluice::bench::port_of(sluice::bench::given("BINANCE_WS_URL"))), [] {},
      [&](const uint8_t* payload, size_t size) {
        if (parses) parse(parser, payload, size, sums);
        ++sums.frames;
        sums.payload_bytes += size;
      });
  fmt::print("received {} {} {}\n", sums.frames, sums.payload_bytes, sums.check);
  return 0;
}
