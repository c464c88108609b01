// SPDX-License-Identifier: Apache-2.0
// From whole messages to batches: decodes what lies in the read buffer, up to the credit, and emits it as one batch a
// port. Payloads are views; what they view is frozen in the read buffer. A message that is a list becomes a record for
// each of its elements. What is left over stays where it is for the next call. Counts what it meets once a call, and
// allocates nothing per record.
#pragma once
#include <array>

#include "decode.hpp"
#include "gaps.hpp"
#include "last_ids.hpp"
#include "log_limiter.hpp"
#include "metrics.hpp"
#include "session.hpp"
#include "sluice/net/read_buffer.hpp"
#include "sluice/node.hpp"
#include "stream_names.hpp"

namespace sluice::binance {

/// The stream's texts are interned by `context`.
StreamTable make_stream_table(Context context, const std::vector<StreamName>& names);

struct Emitted {
  uint64_t records = 0;
  uint64_t bytes = 0;   ///< of payloads
  uint64_t events = 0;  ///< messages of streams that were asked for: nothing else counts as data
};

class RecordMaker {
 public:
  /// `microseconds`: what the exchange was asked to count times in.
  /// `hold`: what is missing is repaired, and what comes behind it is held back within these limits.
  RecordMaker(Context context, StreamTable streams, bool microseconds, const Metrics& metrics,
              std::optional<HoldLimits> hold = {});
  RecordMaker(const RecordMaker&) = delete;
  RecordMaker& operator=(const RecordMaker&) = delete;

  /// Takes messages from the session.
  Emitted emit(Session& session, net::ReadBuffer& buffer, const Credit& credit);
  /// What was held back and may go out now, and records of gaps.
  Emitted emit_waiting(const Credit& credit);
  /// Before anything has come: where the last run stopped.
  void learn(const LastIds& last);
  /// Behind that: what it left open.
  void resume(const OpenGaps& gaps);
  const StreamTable& streams() const { return streams_; }
  Gaps& gaps() { return gaps_; }

 private:
  struct Tally {
    uint64_t records = 0, payload_bytes = 0, events = 0, malformed = 0, discarded = 0, unknown = 0, replies = 0,
             shutdowns = 0;
  };
  /// A port's batch, with what its records view.
  struct Output {
    uint32_t port;
    Batch batch{};
    uint32_t read_buffer_pin = 0;
    const sluice_buffer* own = nullptr;
    uint32_t own_pin = 0;
  };
  /// What one call works with.
  struct Work {
    net::ReadBuffer& buffer;
    int64_t receive_time_ns;
    uint64_t messages;
    uint64_t& next;  ///< the message that is being taken
    uint64_t credit;
    Output out{port_out_index}, malformed{port_malformed_index};
    Tally tally{};
  };
  enum Line { line_malformed, line_unknown, line_reply, line_shutdown, line_unit, line_count };
  static constexpr uint32_t port_out_index = 0, port_malformed_index = 1;

  void take(const net::Message& message, Work& work);
  void take_element(Work& work);
  void take_event(const Event& event, Work& work);
  void emit_held(const Credit& credit, Emitted& emitted);
  [[gnu::noinline]] void take_malformed(std::string_view text, const char* why, Work& work);
  [[gnu::noinline]] void begin_batch(Output& output, const Work& work);
  Record append(Output& output, std::string_view payload, Work& work);
  uint64_t room(const Work& work) const;
  void send(Output& output);
  void count(const Tally& tally, uint64_t messages);
  bool may_say(Line line) { return limiters_[line].pass(context_.monotonic_ns()); }
  void say(std::string sentence);
  void name_unit(const Stream& stream);
  void name_unknown(std::string_view name);

  Context context_;
  StreamTable streams_;
  Decoder decoder_;
  const Metrics& metrics_;
  Gaps gaps_;
  bool microseconds_;
  bool malformed_wired_;
  int32_t stream_slot_, stream_type_slot_, symbol_slot_, id_slot_, event_time_slot_, trade_time_slot_, origin_slot_;
  std::string_view backfill_;
  Buffer own_;                       ///< of the message being taken: its bytes, where they are not in the read buffer
  const Stream* list_of_ = nullptr;  ///< the message being taken is a list of this stream, taken up to next_element_
  size_t next_element_ = 0;
  std::array<LogLimiter, line_count> limiters_;
};

}  // namespace sluice::binance
