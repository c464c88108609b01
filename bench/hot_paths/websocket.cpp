// SPDX-License-Identifier: Apache-2.0
// From bytes of the socket to what a record needs.
#include <cstdlib>

#include "decode.hpp"
#include "hot_path.hpp"
#include "material.hpp"
#include "sluice/net/frame_reader.hpp"

namespace sluice::bench {
namespace {

constexpr uint64_t most_message_bytes = 1024 * 1024;

struct Reading {
  binance::StreamTable streams = exchange_streams();
  binance::Decoder decoder{streams};
  net::FrameReader reader{most_message_bytes};

  void walk() {
    const Frames& frames = exchange_frames();
    reader.clear_messages();
    reader.scan(reinterpret_cast<const uint8_t*>(frames.bytes.data()), frames.bytes.size());
    if (reader.messages().size() != frames.count) std::abort();
  }
};

}  // namespace

Round frame_walk() {
  return [reading = std::make_shared<Reading>()](Meter& meter) {
    meter.start();
    reading->walk();
    meter.stop();
    return exchange_frames().count;
  };
}

Round decode() {
  auto reading = std::make_shared<Reading>();
  reading->walk();
  return [reading](Meter& meter) -> uint64_t {
    uint64_t events = 0;
    binance::Event event;
    meter.start();
    for (const net::Message& message : reading->reader.messages()) {
      const std::string_view text(reinterpret_cast<const char*>(message.data), message.size);
      if (reading->decoder.decode(text, event) == binance::FrameKind::event) ++events;
    }
    meter.stop();
    if (events != exchange_frames().count) std::abort();
    return events;
  };
}

}  // namespace sluice::bench
