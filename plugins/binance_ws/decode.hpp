// SPDX-License-Identifier: Apache-2.0
// From the text of one frame to what a record needs: the exchange's `data` object as a view, its stream, symbol, id and
// times. One simdjson pass in place for the frames that the exchange sends; a second, general one for frames of another
// shape (other key order, blanks, more keys). Keys match exactly and by case: `a` is an id only in an aggTrade. Prices
// and quantities are not looked at. Allocates nothing per frame.
#pragma once
#include <simdjson.h>

#include <cstdint>
#include <string_view>

#include "stream_table.hpp"

namespace sluice::binance {

enum class FrameKind : uint8_t {
  event,            ///< of a stream that was asked for
  unknown_stream,   ///< whole, but nobody asked for it
  control_reply,    ///< an answer to a request, or the exchange's error
  server_shutdown,  ///< the exchange says that it is about to close
  malformed         ///< no record can be made of it; `why` says what is wrong
};

struct Event {
  const Stream* stream = nullptr;
  std::string_view data;    ///< a view into the frame
  std::string_view symbol;  ///< a view into the frame or the stream's own; empty: absent
  int64_t id = 0;
  int64_t event_time_ns = 0;
  int64_t trade_time_ns = 0;
  bool has_id = false;
  bool has_event_time = false;
  bool has_trade_time = false;
  const char* why = "";  ///< of a malformed frame: a sentence's middle
};

class Decoder {
 public:
  explicit Decoder(const StreamTable& streams) : streams_(streams) {}

  /// 64 readable bytes must lie behind `text`.
  FrameKind decode(std::string_view text, Event& event);

 private:
  bool usual_envelope(std::string_view text, Event& event) const;
  FrameKind any_envelope(std::string_view text, Event& event);
  bool read_flat_data(Event& event) const;
  bool read_data(Event& event);

  const StreamTable& streams_;
  simdjson::ondemand::parser parser_;
};

}  // namespace sluice::binance
