// SPDX-License-Identifier: Apache-2.0
// Market events and control messages as websocket frames of a server: unmasked, unfragmented, minimal header.
// Guarantees the wire's key order, exactly eight decimals, and for captured frames the recorded bytes.
// The caller provides room_for() bytes; nothing here allocates, and nothing here knows a socket.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "capture.hpp"
#include "event.hpp"

namespace sluice::sim {

enum class Opcode : unsigned char { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

// Any frame, whole.
std::string make_frame(Opcode opcode, std::string_view payload, bool last = true);

std::string make_close_frame(unsigned code, std::string_view reason);

// What a connection asked for.
struct Shape {
  bool combined = true;
  bool microseconds = false;
};

class FrameRenderer {
 public:
  // `capture` may be null; otherwise it outlives the renderer.
  FrameRenderer(const StreamTable& streams, const Capture* capture);

  // The table has more streams by now.
  void grow();

  std::size_t room_for(const Event& event) const;
  // Writes the whole frame and returns its end.
  char* render(const Event& event, Shape shape, char* out) const;

 private:
  static constexpr std::size_t prefix_room = 96;
  // Text of fixed length is copied whole, with what stands behind it, and then overwritten: cheaper than its length.
  struct Text {
    char bytes[prefix_room] = {};
    std::size_t size = 0;
    char* put(char* out) const;
  };
  struct StreamTexts {
    Text raw_prefix, combined_prefix;
    Text after_time;  // trade and aggregate: from E to the id
    std::string name;
    bool fits = false;  // the texts above hold; only generated streams need them
  };
  char* render_generated(const Event& event, Shape shape, char* out) const;
  char* render_captured(const Event& event, Shape shape, char* out) const;

  const StreamTable& streams_;
  std::vector<StreamTexts> texts_;
  const Capture* capture_;
};

}  // namespace sluice::sim
