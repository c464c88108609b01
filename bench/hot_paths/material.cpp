// SPDX-License-Identifier: Apache-2.0
#include "material.hpp"

#include <cstdlib>
#include <cstring>

#include "decode.hpp"
#include "sluice/batch.hpp"
#include "sluice/net/frame_reader.hpp"

namespace sluice::bench {
namespace {

constexpr uint64_t frame_bytes = 64 * 1024;
constexpr uint64_t most_message_bytes = 1024 * 1024;
constexpr int64_t receive_time_ns = 1'700'000'000'123'456'000;
constexpr std::string_view stamp_member = R"(,"ingestion_timestamp":"2023-11-14T22:13:20.123456Z"})";

enum Slot : int32_t { stream, stream_type, symbol, id, event_time, trade_time };

/// At fixed distances: `route` remembers texts by their addresses, and where the linker puts them must not count.
std::string_view intern(std::string_view text) {
  constexpr size_t most = 16;
  constexpr size_t step = 48;
  alignas(1024) static char memory[most][step];
  static std::string_view texts[most];
  for (size_t i = 0; i < most; ++i) {
    if (texts[i].empty()) {
      std::memcpy(memory[i], text.data(), text.size());
      texts[i] = {memory[i], text.size()};
    }
    if (texts[i] == text) return texts[i];
  }
  std::abort();
}

std::vector<net::Message> messages_of(const uint8_t* bytes, uint64_t size) {
  net::FrameReader reader(most_message_bytes);
  if (reader.scan(bytes, size) != size) std::abort();
  return reader.messages();
}

binance::Event event_of(binance::Decoder& decoder, const net::Message& message) {
  binance::Event event;
  const std::string_view text(reinterpret_cast<const char*>(message.data), message.size);
  if (decoder.decode(text, event) != binance::FrameKind::event) std::abort();
  return event;
}

records::HostBatch* make_original() {
  static const binance::StreamTable streams = exchange_streams();
  binance::Decoder decoder(streams);
  const std::string& bytes = exchange_frames().bytes;
  sluice_buffer* buffer = records::new_buffer(bytes.size());
  std::memcpy(buffer->data, bytes.data(), bytes.size());
  const auto messages = messages_of(buffer->data, bytes.size());
  const auto count = static_cast<uint32_t>(messages.size());
  records::HostBatch* batch = records::new_batch(static_cast<uint32_t>(exchange_attributes().size()), count);
  const uint32_t pin = records::pin(*batch, buffer);
  records::unref_take(buffer);
  for (uint32_t i = 0; i < count; ++i) {
    const binance::Event event = event_of(decoder, messages[i]);
    std::memset(static_cast<void*>(batch->at(i)), 0, batch->record_stride);
    Record record(batch->at(i));
    record.set_payload(reinterpret_cast<const uint8_t*>(event.data.data()), static_cast<uint32_t>(event.data.size()),
                       pin);
    record.set_receive_time_ns(receive_time_ns);
    record.set_text(stream, event.stream->name);
    record.set_text(stream_type, event.stream->type);
    record.set_text(symbol, event.symbol);
    record.set_integer(id, event.id);
    if (event.has_event_time) record.set_time(event_time, event.event_time_ns);
    if (event.has_trade_time) record.set_time(trade_time, event.trade_time_ns);
  }
  batch->count = count;
  return batch;
}

/// For the life of the process.
const records::HostBatch& original() {
  static const records::HostBatch* const made = make_original();
  return *made;
}

}  // namespace

const Frames& exchange_frames() {
  static const Frames frames = build_frames(frame_bytes, 3);
  return frames;
}

binance::StreamTable exchange_streams() {
  constexpr std::string_view names[3][3] = {{"btcusdt@trade", "btcusdt@aggTrade", "btcusdt@bookTicker"},
                                            {"ethusdt@trade", "ethusdt@aggTrade", "ethusdt@bookTicker"},
                                            {"bnbusdt@trade", "bnbusdt@aggTrade", "bnbusdt@bookTicker"}};
  constexpr std::string_view symbols[3] = {"BTCUSDT", "ETHUSDT", "BNBUSDT"};
  binance::StreamTable table;
  for (size_t i = 0; i < 3; ++i) {
    for (const std::string_view name : names[i]) {
      const std::string_view type = name.substr(name.find('@') + 1);
      table.add({intern(name), intern(type), intern(symbols[i]), binance::event_type(type)});
    }
  }
  return table;
}

const std::vector<engine::PlanAttribute>& exchange_attributes() {
  static const std::vector<engine::PlanAttribute> attributes = {
      {"stream", SLUICE_VALUE_TEXT}, {"stream_type", SLUICE_VALUE_TEXT}, {"symbol", SLUICE_VALUE_TEXT},
      {"id", SLUICE_VALUE_INTEGER},  {"event_time", SLUICE_VALUE_TIME},  {"trade_time", SLUICE_VALUE_TIME}};
  return attributes;
}

records::HostBatch* make_batch() { return make_batch(original().count); }

records::HostBatch* make_batch(uint32_t records) {
  records::HostBatch* batch = records::new_batch(static_cast<uint32_t>(exchange_attributes().size()), records);
  records::pin(*batch, original().pinned.front());
  std::memcpy(batch->records, original().records, uint64_t{records} * batch->record_stride);
  batch->count = records;
  return batch;
}

Payloads::Payloads(bool quotes) {
  const binance::StreamTable streams = exchange_streams();
  binance::Decoder decoder(streams);
  const std::string& bytes = exchange_frames().bytes;
  std::vector<size_t> begins;
  for (const auto& message : messages_of(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size())) {
    const binance::Event event = event_of(decoder, message);
    if ((event.stream->event == binance::EventType::book_ticker) != quotes) continue;
    begins.push_back(bytes_.size());
    bytes_.append(event.data.substr(0, event.data.size() - 1));
    bytes_.append(stamp_member);
  }
  begins.push_back(bytes_.size());
  bytes_.append(records::readable_padding_bytes, '\0');
  for (size_t i = 0; i + 1 < begins.size(); ++i) {
    sluice_record record{};
    record.data = reinterpret_cast<const uint8_t*>(bytes_.data()) + begins[i];
    record.size = static_cast<uint32_t>(begins[i + 1] - begins[i]);
    record.receive_time_ns = receive_time_ns;
    records_.push_back(record);
  }
}

}  // namespace sluice::bench
