// SPDX-License-Identifier: Apache-2.0
#include "record_maker.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "options.hpp"
#include "sluice/safe_text.hpp"

namespace sluice::binance {
namespace {

constexpr uint64_t largest_batch = 1u << 20;
constexpr size_t longest_excerpt = 200;

Credit what_is_left(const Credit& credit, uint64_t records, uint64_t bytes) {
  return {credit.records - std::min(credit.records, records), credit.bytes - std::min(credit.bytes, bytes)};
}

}  // namespace

StreamTable make_stream_table(Context context, const std::vector<StreamName>& names) {
  StreamTable table;
  for (const StreamName& each : names) {
    table.add(
        {context.intern(each.name), context.intern(each.type), context.intern(each.symbol), event_type(each.type)});
  }
  return table;
}

RecordMaker::RecordMaker(Context context, StreamTable streams, bool microseconds, const Metrics& metrics,
                         std::optional<HoldLimits> hold)
    : context_(context),
      streams_(std::move(streams)),
      decoder_(streams_),
      metrics_(metrics),
      gaps_(context, streams_, metrics, hold),
      microseconds_(microseconds),
      malformed_wired_(context.wired(port_malformed)),
      stream_slot_(context.attribute("stream")),
      stream_type_slot_(context.attribute("stream_type")),
      symbol_slot_(context.attribute("symbol")),
      id_slot_(context.attribute("id")),
      event_time_slot_(context.attribute("event_time")),
      trade_time_slot_(context.attribute("trade_time")),
      origin_slot_(context.attribute("origin")),
      backfill_(context.intern("backfill")) {}

void RecordMaker::learn(const LastIds& last) {
  size_t known = 0;
  for (const Stream* stream : streams_.all()) {
    const LastIds::Found found = last.find(*stream);
    if (found.what == LastIds::What::known) {
      gaps_.learn(*stream, found.id);
      ++known;
    } else if (found.what == LastIds::What::never) {
      gaps_.learn_none(*stream);
    }
  }
  if (known > 0) {
    context_.info("knows where the last run stopped, of " + std::to_string(known) +
                  (known == 1 ? " stream" : " streams"));
  }
}

void RecordMaker::resume(const OpenGaps& gaps) {
  uint64_t resumed = 0, left = 0;
  for (const OpenGap& gap : gaps.open()) ++(gaps_.resume(gap) ? resumed : left);
  const auto count = [](uint64_t number) { return std::to_string(number) + (number == 1 ? " gap" : " gaps"); };
  if (resumed > 0) context_.info("goes on with " + count(resumed) + " that an earlier run found and did not close");
  if (left > 0) {
    context_.warn(count(left) +
                  " that an earlier run did not close wait for the next start, as of each stream at most " +
                  std::to_string(Continuity::most_resumed_ranges) + " ranges of ids are repaired from there");
  }
  if (!gaps.cut().empty()) {
    context_.warn("only the newest records of gaps were read (" + gaps.cut() +
                  "), so gaps that were found before them and are still open are not repaired");
  }
}

Emitted RecordMaker::emit(Session& session, net::ReadBuffer& buffer, const Credit& credit) {
  const std::vector<net::Message>& messages = session.messages();
  if (messages.empty() || credit.records == 0) return {};
  Work work{buffer, session.receive_time_ns(), messages.size(), session.taken(), credit.records};
  const Tally& tally = work.tally;
  const uint64_t first = work.next;
  while (work.next < messages.size() && tally.records + gaps_.reports() < credit.records &&
         tally.payload_bytes < credit.bytes && tally.records < largest_batch && !gaps_.is_full()) {
    if (list_of_ == nullptr) take(messages[work.next], work);
    if (list_of_ != nullptr) {
      if (next_element_ < decoder_.elements().size()) take_element(work);
      if (next_element_ < decoder_.elements().size()) continue;
      list_of_ = nullptr;
    }
    ++work.next;
  }
  count(tally, work.next - first);
  if (work.next == messages.size()) session.messages_taken();
  send(work.out);
  send(work.malformed);
  const uint64_t reports = gaps_.emit_reports(what_is_left(credit, tally.records, tally.payload_bytes));
  return {tally.records + reports, tally.payload_bytes, tally.events};
}

Emitted RecordMaker::emit_waiting(const Credit& credit) {
  Emitted emitted;
  if (gaps_.held() != 0) emit_held(credit, emitted);
  // What was repaired goes out ahead of the record that says so.
  if (gaps_.reports() != 0 && gaps_.ready() == nullptr) {
    emitted.records += gaps_.emit_reports(what_is_left(credit, emitted.records, emitted.bytes));
  }
  return emitted;
}

void RecordMaker::emit_held(const Credit& credit, Emitted& emitted) {
  Batch batch;
  const sluice_buffer* pinned = nullptr;
  uint32_t pin = 0;
  while (emitted.records < credit.records && emitted.bytes < credit.bytes && emitted.records < largest_batch) {
    const HeldRecord* held = gaps_.ready();
    if (held == nullptr) break;
    if (!batch) {
      batch = context_.new_batch(static_cast<uint32_t>(std::min({credit.records, gaps_.held(), largest_batch})));
    }
    if (held->bytes.get() != pinned) {
      pinned = held->bytes.get();
      pin = batch.pin(held->bytes);
    }
    Record record = batch.append();
    record.set_payload(reinterpret_cast<const uint8_t*>(held->payload.data()),
                       static_cast<uint32_t>(held->payload.size()), pin);
    record.set_receive_time_ns(held->receive_time_ns);
    record.set_text(stream_slot_, held->stream->name);
    record.set_text(stream_type_slot_, held->stream->type);
    record.set_text(symbol_slot_, held->symbol);
    record.set_integer(id_slot_, held->id);
    if (held->has_event_time) record.set_time(event_time_slot_, held->event_time_ns);
    if (held->has_trade_time) record.set_time(trade_time_slot_, held->trade_time_ns);
    if (held->is_repaired) record.set_text(origin_slot_, backfill_);
    ++emitted.records;
    emitted.bytes += held->payload.size();
    gaps_.pop_ready();
  }
  if (batch) context_.emit_unpositioned(port_out, std::move(batch));
}

void RecordMaker::take(const net::Message& message, Work& work) {
  std::string_view text{reinterpret_cast<const char*>(message.data), message.size};
  if (own_) own_ = Buffer();
  if (message.assembled) {
    own_ = context_.new_buffer(std::max<uint64_t>(message.size, 1));
    if (message.size != 0) std::memcpy(own_.data(), message.data, message.size);
    text = {reinterpret_cast<const char*>(own_.data()), message.size};
  }
  Event event;
  switch (message.text ? decoder_.decode(text, event) : FrameKind::malformed) {
    case FrameKind::event:
      ++work.tally.events;
      take_event(event, work);
      break;
    case FrameKind::events:
      ++work.tally.events;
      list_of_ = event.stream;
      next_element_ = 0;
      break;
    case FrameKind::unknown_stream:
      ++work.tally.unknown;
      if (may_say(line_unknown)) name_unknown(event.name);
      break;
    case FrameKind::control_reply:
      ++work.tally.replies;
      if (may_say(line_reply)) {
        say("the exchange answers a request that was never sent: " + safe_text(text, longest_excerpt));
      }
      break;
    case FrameKind::server_shutdown:
      ++work.tally.shutdowns;
      if (may_say(line_shutdown)) {
        say("the exchange will close this connection soon; the node then connects again");
      }
      break;
    case FrameKind::malformed:
      take_malformed(text, message.text ? event.why : "it is a binary message", work);
      break;
  }
}

/// Records that may still come in this call, as far as it is known.
uint64_t RecordMaker::room(const Work& work) const {
  const uint64_t elements = list_of_ == nullptr ? 0 : decoder_.elements().size() - next_element_;
  return std::min({work.messages - work.next + elements, work.credit - work.tally.records, largest_batch});
}

/// When a list is longer than the batch that was made before it came, that one goes, and another is made.
void RecordMaker::begin_batch(Output& output, const Work& work) {
  send(output);
  output.batch = context_.new_batch(static_cast<uint32_t>(room(work)));
  output.read_buffer_pin = output.batch.pin(work.buffer.buffer());
  output.own = nullptr;
}

/// The batch's record for a payload of the message being taken.
[[gnu::always_inline]] inline Record RecordMaker::append(Output& output, std::string_view payload, Work& work) {
  if (!output.batch || output.batch.size() == output.batch.capacity()) begin_batch(output, work);
  Record record = output.batch.append();
  const auto* data = reinterpret_cast<const uint8_t*>(payload.data());
  uint32_t pin = output.read_buffer_pin;
  if (!own_) {
    work.buffer.freeze(data + payload.size());
  } else {
    if (output.own != own_.get()) {
      output.own = own_.get();
      output.own_pin = output.batch.pin(own_);
    }
    pin = output.own_pin;
  }
  record.set_payload(data, static_cast<uint32_t>(payload.size()), pin);
  record.set_receive_time_ns(work.receive_time_ns);
  ++work.tally.records;
  work.tally.payload_bytes += payload.size();
  return record;
}

void RecordMaker::take_element(Work& work) {
  const std::string_view element = decoder_.elements()[next_element_++];
  Event event;
  if (decoder_.decode_element(*list_of_, element, event)) {
    take_event(event, work);
  } else {
    take_malformed(element, event.why, work);
  }
}

void RecordMaker::take_event(const Event& event, Work& work) {
  if (!gaps_.pass(event, work.receive_time_ns)) return;
  Record record = append(work.out, event.data, work);
  record.set_text(stream_slot_, event.stream->name);
  record.set_text(stream_type_slot_, event.stream->type);
  if (!event.symbol.empty()) {
    std::string_view symbol = event.symbol;
    if (event.has_own_symbol) {
      const Buffer copy = context_.new_buffer(symbol.size());
      std::memcpy(copy.data(), symbol.data(), symbol.size());
      work.out.batch.pin(copy);
      symbol = {reinterpret_cast<const char*>(copy.data()), symbol.size()};
    }
    record.set_text(symbol_slot_, symbol);
  }
  if (event.has_id) record.set_integer(id_slot_, event.id);
  if (event.has_event_time) record.set_time(event_time_slot_, event.event_time_ns);
  if (event.has_trade_time) record.set_time(trade_time_slot_, event.trade_time_ns);
  const bool counts_us = event.time_count > latest_ms;
  if (counts_us != microseconds_ && event.time_count != 0 && may_say(line_unit)) name_unit(*event.stream);
}

void RecordMaker::take_malformed(std::string_view text, const char* why, Work& work) {
  ++work.tally.malformed;
  if (may_say(line_malformed)) {
    say(std::string("a message of the exchange is malformed: ") + why +
        (malformed_wired_ ? "; it leaves by the port malformed" : "; it is discarded"));
  }
  if (malformed_wired_) {
    append(work.malformed, text, work);
  } else {
    ++work.tally.discarded;
  }
}

void RecordMaker::send(Output& output) {
  if (output.batch) context_.emit_unpositioned(output.port, std::move(output.batch));
}

void RecordMaker::say(std::string sentence) { context_.warn(std::move(sentence) + LogLimiter::suffix); }

void RecordMaker::name_unit(const Stream& stream) {
  say("times of " + std::string(stream.name) +
      (microseconds_ ? " come in milliseconds, although time_unit is us"
                     : " come in microseconds, although time_unit is ms") +
      "; attributes are right all the same, columns that read payloads go by their own `unit`");
}

void RecordMaker::name_unknown(std::string_view name) {
  const Stream* meant = streams_.find_but_for_case(name);
  say("the exchange sends messages of the stream '" + safe_text(name, longest_excerpt) + "', which was not requested" +
      (meant == nullptr ? "; does url lead to the right market?"
                        : "; did you mean '" + std::string(meant->name) + "'? Only the case differs"));
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
