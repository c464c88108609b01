// SPDX-License-Identifier: Apache-2.0
#include "record_maker.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "options.hpp"

namespace sluice::binance {
namespace {

constexpr int64_t complain_every_ns = 10'000'000'000;
constexpr uint64_t largest_batch = 1u << 20;

/// The batch's record for a message, made with room for all that may still come in this call.
Record append(Context context, Batch& batch, uint32_t& pin, const ReadBuffer& buffer, uint64_t room) {
  if (!batch) {
    batch = context.new_batch(static_cast<uint32_t>(std::min(room, largest_batch)));
    pin = batch.pin(buffer.buffer());
  }
  return batch.append();
}

}  // namespace

StreamTable make_stream_table(Context context, const std::vector<std::string>& symbols,
                              const std::vector<std::string>& stream_types) {
  StreamTable table;
  for (const std::string& symbol : symbols) {
    for (const std::string& type : stream_types) {
      table.add({context.intern(ascii_lower(symbol) + "@" + type), context.intern(type), context.intern(symbol),
                 event_type(type)});
    }
  }
  return table;
}

RecordMaker::RecordMaker(Context context, StreamTable streams, const Metrics& metrics)
    : context_(context),
      streams_(std::move(streams)),
      decoder_(streams_),
      metrics_(metrics),
      malformed_wired_(context.wired(port_malformed)),
      stream_slot_(context.attribute("stream")),
      stream_type_slot_(context.attribute("stream_type")),
      symbol_slot_(context.attribute("symbol")),
      id_slot_(context.attribute("id")),
      event_time_slot_(context.attribute("event_time")),
      trade_time_slot_(context.attribute("trade_time")) {}

uint64_t RecordMaker::emit(Session& session, ReadBuffer& buffer, const Credit& credit) {
  const std::vector<Message>& messages = session.messages();
  if (messages.empty() || credit.records == 0) return 0;
  Batches batches;
  Tally tally;
  const uint64_t first = next_;
  while (next_ < messages.size() && tally.records < credit.records && tally.payload_bytes < credit.bytes &&
         tally.records < largest_batch) {
    const uint64_t room = std::min<uint64_t>(messages.size() - next_, credit.records - tally.records);
    take(messages[next_], buffer, session.receive_time_ns(), room, batches, tally);
    ++next_;
  }
  count(tally, next_ - first);
  if (next_ == messages.size()) {
    session.messages_taken();
    next_ = 0;
  }
  if (batches.out) context_.emit_unpositioned(port_out, std::move(batches.out));
  if (batches.malformed) context_.emit_unpositioned(port_malformed, std::move(batches.malformed));
  return tally.records;
}

void RecordMaker::take(const Message& message, ReadBuffer& buffer, int64_t receive_time_ns, uint64_t room,
                       Batches& batches, Tally& tally) {
  std::string_view text{reinterpret_cast<const char*>(message.data), message.size};
  Buffer own;
  if (message.assembled) {
    own = context_.new_buffer(std::max<uint64_t>(message.size, 1));
    std::memcpy(own.data(), message.data, message.size);
    text = {reinterpret_cast<const char*>(own.data()), message.size};
  }
  Event event;
  const FrameKind kind = message.text ? decoder_.decode(text, event) : FrameKind::malformed;
  switch (kind) {
    case FrameKind::event: {
      Record record = append(context_, batches.out, batches.out_pin, buffer, room);
      const uint32_t pin = message.assembled ? batches.out.pin(own) : batches.out_pin;
      const auto* data = reinterpret_cast<const uint8_t*>(event.data.data());
      const auto size = static_cast<uint32_t>(event.data.size());
      record.set_payload(data, size, pin);
      record.set_receive_time_ns(receive_time_ns);
      record.set_text(stream_slot_, event.stream->name);
      record.set_text(stream_type_slot_, event.stream->type);
      if (!event.symbol.empty()) record.set_text(symbol_slot_, event.symbol);
      if (event.has_id) record.set_integer(id_slot_, event.id);
      if (event.has_event_time) record.set_time(event_time_slot_, event.event_time_ns);
      if (event.has_trade_time) record.set_time(trade_time_slot_, event.trade_time_ns);
      if (!message.assembled) buffer.freeze(data + size);
      ++tally.records;
      tally.payload_bytes += size;
      break;
    }
    case FrameKind::unknown_stream:
      ++tally.unknown;
      break;
    case FrameKind::control_reply:
      ++tally.replies;
      complain("the exchange answered a request that was never sent: " + std::string(text.substr(0, 200)));
      break;
    case FrameKind::server_shutdown:
      ++tally.shutdowns;
      context_.warn("the exchange says that it is about to shut this connection down; it will be opened again then");
      break;
    case FrameKind::malformed:
      take_malformed(text, own, !message.assembled, buffer, receive_time_ns, room,
                     message.text ? event.why : "it is a binary message", batches, tally);
      break;
  }
}

void RecordMaker::take_malformed(std::string_view text, const Buffer& pinned, bool in_read_buffer, ReadBuffer& buffer,
                                 int64_t receive_time_ns, uint64_t room, const char* why, Batches& batches,
                                 Tally& tally) {
  ++tally.malformed;
  complain(std::string("a message of the exchange is malformed: ") + why +
           (malformed_wired_ ? "; it leaves by the port malformed" : "; it is discarded"));
  if (!malformed_wired_) {
    ++tally.discarded;
    return;
  }
  Record record = append(context_, batches.malformed, batches.malformed_pin, buffer, room);
  const auto* data = reinterpret_cast<const uint8_t*>(text.data());
  record.set_payload(data, static_cast<uint32_t>(text.size()),
                     in_read_buffer ? batches.malformed_pin : batches.malformed.pin(pinned));
  record.set_receive_time_ns(receive_time_ns);
  if (in_read_buffer) buffer.freeze(data + text.size());
  ++tally.records;
  tally.payload_bytes += text.size();
}

void RecordMaker::complain(const std::string& sentence) {
  const int64_t now_ns = context_.monotonic_ns();
  if (now_ns < quiet_until_ns_) return;
  quiet_until_ns_ = now_ns + complain_every_ns;
  context_.warn(sentence + " (such lines come at most every 10 s; the counters have all)");
}

void RecordMaker::count(const Tally& tally, uint64_t messages) {
  metrics_.frames.add(static_cast<int64_t>(messages));
  const auto add = [](const Metric& metric, uint64_t amount) {
    if (amount != 0) metric.add(static_cast<int64_t>(amount));
  };
  add(metrics_.malformed, tally.malformed);
  add(metrics_.malformed_discarded, tally.discarded);
  add(metrics_.unknown_streams, tally.unknown);
  add(metrics_.control_replies, tally.replies);
  add(metrics_.server_shutdowns, tally.shutdowns);
}

}  // namespace sluice::binance
