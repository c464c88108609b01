// SPDX-License-Identifier: Apache-2.0
// From the text of one frame to what a record needs: the exchange's `data` object as a view, its stream, symbol, id and
// times; or, of a list of such objects, each of them. One simdjson pass in place for the frames that the exchange
// sends; a second, general one for frames of another shape (other key order, blanks, more keys). Keys match exactly and
// by case: `a` is an id only in an aggTrade. Prices and quantities are not looked at. Allocates nothing per frame.
#pragma once
#include <simdjson.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "stream_table.hpp"

namespace sluice::binance {

enum class FrameKind : uint8_t {
  event,            ///< of a stream that was asked for
  events,           ///< the same, but a list: see Decoder::elements
  unknown_stream,   ///< whole, but nobody asked for it
  control_reply,    ///< an answer to a request, or the exchange's error
  server_shutdown,  ///< the exchange says that it is about to close
  malformed         ///< no record can be made of it; `why` says what is wrong
};

struct Event {
  const Stream* stream = nullptr;
  std::string_view data;    ///< a view into the frame
  std::string_view symbol;  ///< a view into the frame or the stream's own; empty: absent
  std::string_view name;    ///< of an unknown stream, until the next decode
  int64_t id = 0;
  int64_t first_trade = 0;  ///< of an aggTrade: the trades that it folds, `f` to `l`; as here where they are absent
  int64_t last_trade = -1;
  int64_t event_time_ns = 0;
  int64_t trade_time_ns = 0;
  int64_t time_count = 0;  ///< the last time as it was written, where its magnitude says the unit
  bool has_id = false;
  bool has_event_time = false;
  bool has_trade_time = false;
  bool has_own_symbol = false;  ///< `symbol` was unescaped: it is a view into the decoder, until the next decode
  const char* why = "";         ///< of a malformed frame: a sentence's middle
};

/// Of times since 1970: the last millisecond that fits into nanoseconds. Larger counts are microseconds.
inline constexpr int64_t latest_ms = 9'223'372'036'854;
/// From here on a count of milliseconds is later than 1973; a count of microseconds would be of 1970.
inline constexpr int64_t surely_ms = 100'000'000'000;

class Decoder {
 public:
  explicit Decoder(const StreamTable& streams) : streams_(streams) {}

  /// 64 readable bytes must lie behind `text`.
  FrameKind decode(std::string_view text, Event& event);

  /// The objects of the last list, as views into its frame. Whether each is an event is for decode_element to find.
  const std::vector<std::string_view>& elements() const { return elements_; }
  /// Of one of them; false: it is malformed.
  bool decode_element(const Stream& stream, std::string_view element, Event& event);

 private:
  bool usual_envelope(std::string_view text, Event& event) const;
  FrameKind any_envelope(std::string_view text, Event& event);
  bool read_flat_data(Event& event) const;
  bool read_data(Event& event);
  bool read_list(Event& event);

  const StreamTable& streams_;
  simdjson::ondemand::parser parser_;
  std::vector<std::string_view> elements_;
};

}  // namespace sluice::binance
