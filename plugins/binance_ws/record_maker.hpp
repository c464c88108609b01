// SPDX-License-Identifier: Apache-2.0
// From whole messages to batches: decodes what lies in the read buffer, up to the credit, and emits it as one batch a
// port. Payloads are views; what they view is frozen in the read buffer. What is left over stays where it is for the
// next call. Counts what it meets once a call, and allocates nothing per record.
#pragma once
#include "decode.hpp"
#include "metrics.hpp"
#include "read_buffer.hpp"
#include "session.hpp"
#include "sluice/node.hpp"

namespace sluice::binance {

/// The stream's texts are interned by `context`.
StreamTable make_stream_table(Context context, const std::vector<std::string>& symbols,
                              const std::vector<std::string>& stream_types);

class RecordMaker {
 public:
  RecordMaker(Context context, StreamTable streams, const Metrics& metrics);
  RecordMaker(const RecordMaker&) = delete;
  RecordMaker& operator=(const RecordMaker&) = delete;

  /// Takes messages from the session; returns how many records were emitted.
  uint64_t emit(Session& session, ReadBuffer& buffer, const Credit& credit);

 private:
  struct Tally {
    uint64_t records = 0, payload_bytes = 0, malformed = 0, discarded = 0, unknown = 0, replies = 0, shutdowns = 0;
  };
  struct Batches {
    Batch out, malformed;
    uint32_t out_pin = 0, malformed_pin = 0;  ///< of the read buffer
  };
  void take(const Message& message, ReadBuffer& buffer, int64_t receive_time_ns, uint64_t room, Batches& batches,
            Tally& tally);
  void take_malformed(std::string_view text, const Buffer& pinned, bool in_read_buffer, ReadBuffer& buffer,
                      int64_t receive_time_ns, uint64_t room, const char* why, Batches& batches, Tally& tally);
  void count(const Tally& tally, uint64_t messages);
  void complain(const std::string& sentence);

  Context context_;
  StreamTable streams_;
  Decoder decoder_;
  const Metrics& metrics_;
  bool malformed_wired_;
  int32_t stream_slot_, stream_type_slot_, symbol_slot_, id_slot_, event_time_slot_, trade_time_slot_;
  uint64_t next_ = 0;
  int64_t quiet_until_ns_ = 0;
};

}  // namespace sluice::binance
