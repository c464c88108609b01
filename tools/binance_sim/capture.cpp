// SPDX-License-Identifier: Apache-2.0
#include "capture.hpp"

#include <fmt/format.h>
#include <simdjson.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "decimal.hpp"

namespace sluice::sim {
namespace {

namespace ondemand = simdjson::ondemand;

struct TimedLine {
  std::int64_t receive_ns;
  std::string_view frame;
};

// Digits with an optional fraction; the unit follows from the magnitude: s, ms, us, ns.
std::optional<std::int64_t> receive_time(std::string_view token) {
  const std::size_t point = token.find('.');
  const std::string_view whole = token.substr(0, point);
  std::int64_t value = 0;
  if (whole.empty() || whole.size() > 19) return std::nullopt;
  for (const char c : whole) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  int places = whole.size() <= 11 ? 9 : whole.size() <= 14 ? 6 : whole.size() <= 17 ? 3 : 0;
  const std::string_view fraction = point == std::string_view::npos ? std::string_view{} : token.substr(point + 1);
  for (std::size_t i = 0; places > 0; --places, ++i) {
    const char c = i < fraction.size() ? fraction[i] : '0';
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

std::optional<TimedLine> split_line(std::string_view line, std::int64_t previous_ns) {
  if (line.front() == '{') return TimedLine{previous_ns, line};
  const std::size_t blank = line.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  std::string_view token = line.substr(0, blank);
  if (!token.empty() && token.back() == ':') token.remove_suffix(1);
  const std::optional<std::int64_t> time = receive_time(token);
  if (!time) return std::nullopt;
  return TimedLine{*time, line.substr(blank + 1)};
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

// What an event says about itself; fields that are not there stay empty.
struct Fields {
  std::string type, symbol;
  std::optional<std::int64_t> t, a, u, first, last;
  std::optional<std::int64_t> time;
  bool m = false;
  std::string p, q, b, B, A, ask;
};

template <typename T>
void take(ondemand::value& value, T& into) {
  if constexpr (std::is_same_v<T, std::string>) {
    std::string_view text;
    if (value.get_string().get(text) == simdjson::SUCCESS) into = std::string(text);
  } else if constexpr (std::is_same_v<T, bool>) {
    bool flag = false;
    if (value.get_bool().get(flag) == simdjson::SUCCESS) into = flag;
  } else {
    std::int64_t number = 0;
    if (value.get_int64().get(number) == simdjson::SUCCESS) into = number;
  }
}

void take_field(std::string_view key, ondemand::value value, Fields& fields) {
  if (key.size() != 1) return;
  switch (key[0]) {
    case 'e':
      return take(value, fields.type);
    case 's':
      return take(value, fields.symbol);
    case 't':
      return take(value, fields.t);
    case 'T':
      return take(value, fields.time);
    case 'm':
      return take(value, fields.m);
    case 'u':
      return take(value, fields.u);
    case 'f':
      return take(value, fields.first);
    case 'l':
      return take(value, fields.last);
    case 'p':
      return take(value, fields.p);
    case 'q':
      return take(value, fields.q);
    case 'b':
      return take(value, fields.b);
    case 'B':
      return take(value, fields.B);
    case 'A':
      return take(value, fields.A);
    case 'a': {
      // An aggregate's id, an order id of old trades, a book ticker's ask, or a list of asks in depth.
      ondemand::json_type type{};
      if (value.type().get(type) != simdjson::SUCCESS) return;
      if (type == ondemand::json_type::number) return take(value, fields.a);
      if (type == ondemand::json_type::string) return take(value, fields.ask);
      return;
    }
    default:
      return;
  }
}

// False when the numbers that its kind must have are not there.
bool fill(const Fields& fields, Event& event) {
  const bool book = event.kind == EventKind::book;
  const std::optional<std::int64_t>& id = book ? fields.u : event.kind == EventKind::trade ? fields.t : fields.a;
  const auto price = parse_decimal(book ? fields.b : fields.p);
  const auto quantity = parse_decimal(book ? fields.B : fields.q);
  const auto ask_price = parse_decimal(book ? fields.ask : "0");
  const auto ask_quantity = parse_decimal(book ? fields.A : "0");
  if (!id || !price || !quantity || !ask_price || !ask_quantity) return false;
  event.id = *id;
  event.price = *price;
  event.quantity = *quantity;
  event.ask_price = *ask_price;
  event.ask_quantity = *ask_quantity;
  event.first_trade_id = fields.first.value_or(0);
  event.last_trade_id = fields.last.value_or(0);
  event.buyer_is_maker = fields.m;
  const std::int64_t time = fields.time.value_or(0);
  const bool microseconds = time >= 100'000'000'000'000;
  event.trade_time_ms = microseconds ? time / 1000 : time;
  event.trade_time_us = static_cast<std::uint16_t>(microseconds ? time % 1000 : 0);
  return true;
}

Outcome<std::string> read_all(const std::string& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr)
    return Failure{exit_file, fmt::format("cannot open the capture {}: {}", path, std::strerror(errno))};
  std::string text;
  char chunk[1 << 16];
  int got = 0;
  while ((got = gzread(file, chunk, sizeof chunk)) > 0) text.append(chunk, static_cast<std::size_t>(got));
  int code = Z_OK;
  const std::string reason = gzerror(file, &code);
  gzclose(file);
  if (got < 0 || (code != Z_OK && code != Z_STREAM_END))
    return Failure{exit_file,
                   fmt::format("cannot read the capture {}: {}; it may be cut off or damaged", path, reason)};
  return text;
}

}  // namespace

Outcome<std::size_t> Capture::add_file(const std::string& path) {
  Outcome<std::string> text = read_all(path);
  if (!text) return text.failure();
  const std::size_t taken = add_text(std::move(*text));
  if (taken == 0)
    return Failure{exit_file, fmt::format("the capture {} has no recorded frame; expected lines of a receive time, a "
                                          "blank and the frame",
                                          path)};
  return taken;
}

std::size_t Capture::add_text(std::string text) {
  const std::size_t size = text.size();
  text.append(simdjson::SIMDJSON_PADDING, '\0');
  texts_.push_back(std::move(text));
  const std::string_view all(texts_.back().data(), size);
  const std::size_t before = frames_.size();
  std::int64_t previous_ns = 0;
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t end = std::min(all.find('\n', at), all.size());
    std::string_view line = all.substr(at, end - at);
    at = end + 1;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty()) continue;
    const std::optional<TimedLine> timed = split_line(line, previous_ns);
    if (!timed || !add_frame(timed->receive_ns, timed->frame)) {
      ++skipped_lines_;
      continue;
    }
    previous_ns = timed->receive_ns;
  }
  return frames_.size() - before;
}

bool Capture::add_frame(std::int64_t receive_ns, std::string_view text) {
  ondemand::parser parser;
  ondemand::document document;
  ondemand::object object;
  // The rest of the file behind the line serves as padding.
  if (parser.iterate(text.data(), text.size(), text.size() + simdjson::SIMDJSON_PADDING).get(document) != 0)
    return false;
  if (document.get_object().get(object) != simdjson::SUCCESS) return false;

  CapturedFrame captured;
  captured.receive_ns = receive_ns;
  captured.frame = text;
  captured.data = text;
  Fields fields;
  std::string stream;
  for (auto field : object) {
    std::string_view key;
    ondemand::value value;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS || field.value().get(value) != simdjson::SUCCESS)
      return false;
    if (key == "stream") {
      take(value, stream);
    } else if (key == "data") {
      ondemand::object data;
      if (value.get_object().get(data) != simdjson::SUCCESS) continue;
      std::string_view raw;
      if (data.raw_json().get(raw) != simdjson::SUCCESS || data.reset().error() != simdjson::SUCCESS) return false;
      captured.data = raw;
      for (auto inner : data) {
        std::string_view inner_key;
        ondemand::value inner_value;
        if (inner.unescaped_key().get(inner_key) != simdjson::SUCCESS) return false;
        if (inner.value().get(inner_value) != simdjson::SUCCESS) return false;
        take_field(inner_key, inner_value, fields);
      }
    } else {
      take_field(key, value, fields);
    }
  }
  captured.combined = !stream.empty();
  if (!captured.combined) {
    const bool book = fields.type.empty() && fields.u && !fields.b.empty() && !fields.ask.empty();
    if (fields.symbol.empty() || (fields.type.empty() && !book)) return false;
    stream = lower(fields.symbol) + "@" + (book ? "bookTicker" : fields.type);
  }
  captured.event.stream = streams_.intern(stream, fields.symbol);
  captured.event.kind = streams_[captured.event.stream].kind;
  if (captured.event.kind != EventKind::other && !fill(fields, captured.event)) captured.event.kind = EventKind::other;
  frames_.push_back(captured);
  return true;
}

void Capture::finish() {
  std::stable_sort(frames_.begin(), frames_.end(),
                   [](const CapturedFrame& a, const CapturedFrame& b) { return a.receive_ns < b.receive_ns; });
  for (std::size_t i = 0; i < frames_.size(); ++i) frames_[i].event.text = static_cast<std::uint32_t>(i);
}

}  // namespace sluice::sim
