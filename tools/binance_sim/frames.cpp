// SPDX-License-Identifier: Apache-2.0
#include "frames.hpp"

#include <cstring>

#include "decimal.hpp"

namespace sluice::sim {
namespace {

constexpr std::size_t longest_generated = 640;

template <std::size_t N>
char* put_literal(char* out, const char (&text)[N]) {
  std::memcpy(out, text, N - 1);
  return out + N - 1;
}

char* put_text(char* out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

char* put_header(char* out, unsigned char first, std::size_t size) {
  *out++ = static_cast<char>(first);
  if (size < 126) {
    *out++ = static_cast<char>(size);
  } else if (size < 65536) {
    *out++ = 126;
    *out++ = static_cast<char>(size >> 8);
    *out++ = static_cast<char>(size & 0xff);
  } else {
    *out++ = 127;
    for (int shift = 56; shift >= 0; shift -= 8) *out++ = static_cast<char>((size >> shift) & 0xff);
  }
  return out;
}

}  // namespace

std::string make_frame(Opcode opcode, std::string_view payload, bool last) {
  char header[10];
  const auto first = static_cast<unsigned char>(static_cast<unsigned char>(opcode) | (last ? 0x80 : 0));
  std::string frame(header, static_cast<std::size_t>(put_header(header, first, payload.size()) - header));
  frame.append(payload);
  return frame;
}

std::string make_close_frame(unsigned code, std::string_view reason) {
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
  payload.append(reason.substr(0, 123));
  return make_frame(Opcode::close, payload);
}

char* FrameRenderer::Text::put(char* out) const {
  std::memcpy(out, bytes, prefix_room);
  return out + size;
}

FrameRenderer::FrameRenderer(const StreamTable& streams, const Capture* capture)
    : streams_(streams), capture_(capture) {
  grow();
}

void FrameRenderer::grow() {
  const auto set = [](Text& text, const std::string& from) {
    if (from.size() > prefix_room) return false;
    std::memcpy(text.bytes, from.data(), from.size());
    text.size = from.size();
    return true;
  };
  for (std::size_t i = texts_.size(); i < streams_.size(); ++i) {
    const StreamInfo& stream = streams_[i];
    StreamTexts texts;
    texts.name = stream.name;
    const std::string type(event_type(stream.kind));
    const std::string raw = stream.kind == EventKind::book ? R"({"u":)" : R"({"e":")" + type + R"(","E":)";
    const std::string after = R"(,"s":")" + stream.symbol +
                              (stream.kind == EventKind::book    ? R"(","b":")"
                               : stream.kind == EventKind::trade ? R"(","t":)"
                                                                 : R"(","a":)");
    texts.fits = set(texts.raw_prefix, raw) && set(texts.after_time, after) &&
                 set(texts.combined_prefix, R"({"stream":")" + stream.name + R"(","data":)" + raw);
    texts_.push_back(std::move(texts));
  }
}

std::size_t FrameRenderer::room_for(const Event& event) const {
  if (event.text == no_text) return longest_generated;
  const CapturedFrame& captured = capture_->frames()[event.text];
  return captured.frame.size() + texts_[event.stream].name.size() + 64;
}

char* FrameRenderer::render(const Event& event, Shape shape, char* out) const {
  return event.text == no_text ? render_generated(event, shape, out) : render_captured(event, shape, out);
}

char* FrameRenderer::render_generated(const Event& event, Shape shape, char* out) const {
  const StreamTexts& texts = texts_[event.stream];
  const auto time = [&](char* at, std::int64_t ms) {
    return put_unsigned(at, static_cast<std::uint64_t>(shape.microseconds ? ms * 1000 : ms));
  };
  char* const payload = out + 4;
  char* at = (shape.combined ? texts.combined_prefix : texts.raw_prefix).put(payload);
  if (event.kind == EventKind::book) {
    at = put_unsigned(at, static_cast<std::uint64_t>(event.id));
    at = texts.after_time.put(at);
    at = put_literal(put_decimal(at, event.price), R"(","B":")");
    at = put_literal(put_decimal(at, event.quantity), R"(","a":")");
    at = put_literal(put_decimal(at, event.ask_price), R"(","A":")");
    at = put_literal(put_decimal(at, event.ask_quantity), R"("})");
  } else {
    at = time(at, event.event_time_ms);
    at = texts.after_time.put(at);
    at = put_literal(put_unsigned(at, static_cast<std::uint64_t>(event.id)), R"(,"p":")");
    at = put_literal(put_decimal(at, event.price), R"(","q":")");
    at = put_decimal(at, event.quantity);
    if (event.kind == EventKind::aggregate) {
      at = put_literal(at, R"(","f":)");
      at = put_literal(put_unsigned(at, static_cast<std::uint64_t>(event.first_trade_id)), R"(,"l":)");
      at = put_literal(put_unsigned(at, static_cast<std::uint64_t>(event.last_trade_id)), R"(,"T":)");
    } else {
      at = put_literal(at, R"(","T":)");
    }
    at = time(at, event.trade_time_ms);
    at = event.buyer_is_maker ? put_literal(at, R"(,"m":true,"M":true})") : put_literal(at, R"(,"m":false,"M":true})");
  }
  if (shape.combined) *at++ = '}';

  const auto size = static_cast<std::size_t>(at - payload);
  if (size >= 126) {
    put_header(out, 0x81, size);
    return at;
  }
  std::memmove(out + 2, payload, size);
  put_header(out, 0x81, size);
  return out + 2 + size;
}

char* FrameRenderer::render_captured(const Event& event, Shape shape, char* out) const {
  const CapturedFrame& captured = capture_->frames()[event.text];
  if (!shape.combined) return put_text(put_header(out, 0x81, captured.data.size()), captured.data);
  if (captured.combined) return put_text(put_header(out, 0x81, captured.frame.size()), captured.frame);
  const std::string& name = texts_[event.stream].name;
  constexpr std::size_t around = sizeof(R"({"stream":"","data":})") - 1;
  char* at = put_header(out, 0x81, around + name.size() + captured.data.size());
  at = put_literal(put_text(put_literal(at, R"({"stream":")"), name), R"(","data":)");
  return put_literal(put_text(at, captured.data), "}");
}

}  // namespace sluice::sim
