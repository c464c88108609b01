// SPDX-License-Identifier: Apache-2.0
#include "decode.hpp"

#include <cstring>

#include "sluice/flat_json.hpp"

namespace sluice::binance {
namespace {

namespace json = simdjson::ondemand;

constexpr std::string_view before_name = R"({"stream":")";
constexpr std::string_view before_data = R"(","data":)";
// Of times since 1970: what fits into nanoseconds, and the magnitude from which on a number counts microseconds. As
// milliseconds that would be the year 5138, and as microseconds what lies below is 1973 and before.
constexpr int64_t latest_us = 9'223'372'036'854'775;
constexpr int64_t least_us = 100'000'000'000'000;

simdjson::padded_string_view padded(std::string_view text) {
  return simdjson::padded_string_view(text.data(), text.size(), text.size() + simdjson::SIMDJSON_PADDING);
}

std::string_view without_blanks_behind(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n' || text.back() == '\r' || text.back() == '\t')) {
    text.remove_suffix(1);
  }
  return text;
}

char id_key(EventType type) {
  switch (type) {
    case EventType::trade:
      return 't';
    case EventType::agg_trade:
      return 'a';
    case EventType::book_ticker:
      return 'u';
    case EventType::other:
      break;
  }
  return '\0';
}

/// The exchange counts what it was asked to count, and some others count what they like: the magnitude says which. A
/// time that is absent, no integer or out of range leaves the attribute absent: a sink that needs it will say so.
void take_time(int64_t count, int64_t& time_ns, bool& has_time, Event& event) {
  if (static_cast<uint64_t>(count) <= static_cast<uint64_t>(latest_ms)) {
    time_ns = count * 1'000'000;
  } else {
    if (count < least_us || count > latest_us) return;
    time_ns = count * 1'000;
  }
  if (count >= surely_ms) event.time_count = count;
  has_time = true;
}

void read_time(json::value& value, int64_t& time_ns, bool& has_time, Event& event) {
  int64_t count = 0;
  if (value.get_int64().get(count) == simdjson::SUCCESS) take_time(count, time_ns, has_time, event);
}

[[gnu::always_inline]] inline void read_time(std::string_view digits, int64_t& time_ns, bool& has_time, Event& event) {
  int64_t count = 0;
  if (flat_json::read_integer(digits, count)) take_time(count, time_ns, has_time, event);
}

/// What lies between the quotes, or what that means when it has escapes; false: it is no string, or an empty one.
bool read_symbol(json::value& value, Event& event) {
  const std::string_view token = without_blanks_behind(value.raw_json_token());
  if (token.size() <= 2 || token.front() != '"' || token.back() != '"') return false;
  event.symbol = token.substr(1, token.size() - 2);
  if (event.symbol.find('\\') == std::string_view::npos) return true;
  event.has_own_symbol = true;
  return value.get_string().get(event.symbol) == simdjson::SUCCESS;
}

/// Interned rather than a view where they are equal.
void settle_symbol(Event& event) {
  if (event.symbol != event.stream->symbol && !event.symbol.empty()) return;
  event.symbol = event.stream->symbol;
  event.has_own_symbol = false;
}

}  // namespace

FrameKind Decoder::decode(std::string_view text, Event& event) {
  event = Event{};
  if (usual_envelope(text, event) && event.stream != nullptr && (read_flat_data(event) || read_data(event))) {
    return FrameKind::event;
  }
  return any_envelope(text, event);
}

// {"stream":"NAME","data":{...}} to the byte, as the exchange writes it.
bool Decoder::usual_envelope(std::string_view text, Event& event) const {
  if (text.size() < before_name.size() + before_data.size() + 3) return false;
  if (std::memcmp(text.data(), before_name.data(), before_name.size()) != 0) return false;
  const char* name = text.data() + before_name.size();
  const size_t rest = text.size() - before_name.size();
  const auto* quote = static_cast<const char*>(std::memchr(name, '"', rest));
  if (quote == nullptr) return false;
  const auto name_size = static_cast<size_t>(quote - name);
  if (rest - name_size < before_data.size() + 3) return false;
  if (std::memcmp(quote, before_data.data(), before_data.size()) != 0) return false;
  event.stream = streams_.find({name, name_size});
  const char* data = quote + before_data.size();
  const char* end = text.data() + text.size() - 1;
  event.data = {data, static_cast<size_t>(end - data)};
  return *data == '{' && *end == '}' && end[-1] == '}';
}

/// The usual form of the usual events; false says nothing but that read_data has to look.
bool Decoder::read_flat_data(Event& event) const {
  if (event.stream->event == EventType::other) return false;
  const char id = id_key(event.stream->event);
  const bool folds_trades = event.stream->event == EventType::agg_trade;
  bool is_usual = true;
  const bool is_flat =
      flat_json::walk(event.data, [&](std::string_view key, flat_json::Kind kind, std::string_view value) {
        if (key.size() != 1) return;
        if (key[0] == id) {
          is_usual =
              is_usual && !event.has_id && kind == flat_json::Kind::number && flat_json::read_integer(value, event.id);
          event.has_id = true;
        } else if (key[0] == 's') {
          is_usual = is_usual && event.symbol.empty() && kind == flat_json::Kind::text && !value.empty();
          event.symbol = value;
        } else if (key[0] == 'E' && kind == flat_json::Kind::number) {
          read_time(value, event.event_time_ns, event.has_event_time, event);
        } else if (key[0] == 'T' && kind == flat_json::Kind::number) {
          read_time(value, event.trade_time_ns, event.has_trade_time, event);
        } else if (folds_trades && (key[0] == 'f' || key[0] == 'l') && kind == flat_json::Kind::number) {
          flat_json::read_integer(value, key[0] == 'f' ? event.first_trade : event.last_trade);
        }
      });
  if (!is_flat || !is_usual || !event.has_id || event.symbol.empty()) {
    const Event fresh;
    event.id = fresh.id;
    event.first_trade = fresh.first_trade;
    event.last_trade = fresh.last_trade;
    event.symbol = fresh.symbol;
    event.event_time_ns = fresh.event_time_ns;
    event.trade_time_ns = fresh.trade_time_ns;
    event.has_id = event.has_event_time = event.has_trade_time = false;
    return false;
  }
  if (event.symbol == event.stream->symbol) event.symbol = event.stream->symbol;
  return true;
}

bool Decoder::read_data(Event& event) {
  const char id = id_key(event.stream->event);
  json::document document;
  json::object object;
  if (parser_.iterate(padded(event.data)).get(document) != simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS) {
    event.why = "its data is not a JSON object";
    return false;
  }
  for (auto entry : object) {
    json::field field;
    json::json_type type;
    if (std::move(entry).get(field) != simdjson::SUCCESS || field.value().type().get(type) != simdjson::SUCCESS) {
      event.why = "its data is not a JSON object";
      return false;
    }
    const char* key = field.key().raw();
    if (key[0] == '"' || key[1] != '"') continue;
    if (key[0] == id) {
      if (field.value().get_int64().get(event.id) != simdjson::SUCCESS) {
        event.why = "its id is not a 64-bit integer";
        return false;
      }
      event.has_id = true;
    } else if (key[0] == 's') {
      if (!read_symbol(field.value(), event)) {
        event.why = "its symbol is not a text";
        return false;
      }
    } else if (key[0] == 'E') {
      read_time(field.value(), event.event_time_ns, event.has_event_time, event);
    } else if (key[0] == 'T') {
      read_time(field.value(), event.trade_time_ns, event.has_trade_time, event);
    } else if (event.stream->event == EventType::agg_trade && (key[0] == 'f' || key[0] == 'l')) {
      int64_t trade = 0;
      if (field.value().get_int64().get(trade) == simdjson::SUCCESS) {
        (key[0] == 'f' ? event.first_trade : event.last_trade) = trade;
      }
    }
  }
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) {
    event.why = "text stands behind its data";
    return false;
  }
  if (event.stream->event != EventType::other) {
    event.why = !event.has_id ? "it has no id" : "it has no symbol";
    if (!event.has_id || event.symbol.empty()) return false;
    event.why = "";
  }
  // What names no symbol, as partial depth, is of the one whose stream it is.
  settle_symbol(event);
  return true;
}

/// A list is judged as a whole: that it is one, of objects, to its end.
bool Decoder::read_list(Event& event) {
  event.why = "its data is not a JSON array of objects";
  elements_.clear();
  json::document document;
  json::array list;
  if (parser_.iterate(padded(event.data)).get(document) != simdjson::SUCCESS ||
      document.get_array().get(list) != simdjson::SUCCESS) {
    return false;
  }
  for (auto entry : list) {
    json::value value;
    json::json_type type;
    json::object object;
    std::string_view element;
    if (std::move(entry).get(value) != simdjson::SUCCESS || value.type().get(type) != simdjson::SUCCESS ||
        type != json::json_type::object || value.get_object().get(object) != simdjson::SUCCESS ||
        object.raw_json().get(element) != simdjson::SUCCESS) {
      return false;
    }
    elements_.push_back(without_blanks_behind(element));
  }
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

bool Decoder::decode_element(const Stream& stream, std::string_view element, Event& event) {
  event = Event{};
  event.stream = &stream;
  event.data = element;
  return read_flat_data(event) || read_data(event);
}

FrameKind Decoder::any_envelope(std::string_view text, Event& event) {
  const char* earlier_why = event.why;
  event = Event{};
  event.why = "it is not a JSON object";
  json::document document;
  json::object object;
  if (parser_.iterate(padded(text)).get(document) != simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS) {
    return FrameKind::malformed;
  }
  std::string_view name;
  bool has_stream = false, has_data = false, stream_is_text = false, data_is_object = false, data_is_list = false;
  bool has_result = false, has_error = false, has_shutdown = false;
  for (auto entry : object) {
    json::field field;
    json::json_type type;
    std::string_view key;
    if (std::move(entry).get(field) != simdjson::SUCCESS || field.value().type().get(type) != simdjson::SUCCESS ||
        field.unescaped_key().get(key) != simdjson::SUCCESS) {
      return FrameKind::malformed;
    }
    if (key == "stream" && !has_stream) {
      has_stream = true;
      stream_is_text = field.value().get_string().get(name) == simdjson::SUCCESS;
    } else if (key == "data" && !has_data) {
      has_data = true;
      json::object data;
      data_is_object = type == json::json_type::object && field.value().get_object().get(data) == simdjson::SUCCESS;
      if (data_is_object && data.raw_json().get(event.data) != simdjson::SUCCESS) return FrameKind::malformed;
      json::array list;
      data_is_list = type == json::json_type::array && field.value().get_array().get(list) == simdjson::SUCCESS;
      if (data_is_list && list.raw_json().get(event.data) != simdjson::SUCCESS) return FrameKind::malformed;
      event.data = without_blanks_behind(event.data);
    } else if (key == "result") {
      has_result = true;
    } else if (key == "error" || key == "code") {
      has_error = true;
    } else if (key == "e") {
      std::string_view value;
      has_shutdown = field.value().get_string().get(value) == simdjson::SUCCESS && value == "serverShutdown";
    }
  }
  if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) return FrameKind::malformed;
  if (!has_stream && !has_data) {
    if (has_result || has_error) return FrameKind::control_reply;
    if (has_shutdown) return FrameKind::server_shutdown;
  }
  event.why = !has_stream       ? "it names no stream"
              : !stream_is_text ? "its stream is not a text"
              : !has_data       ? "it has no data"
                                : "its data is not an object";
  if (!stream_is_text) return FrameKind::malformed;
  if (name == "!serverShutdown") return FrameKind::server_shutdown;
  event.stream = streams_.find(name);
  if (event.stream == nullptr) {
    event.name = name;
    return has_data ? FrameKind::unknown_stream : FrameKind::malformed;
  }
  if (data_is_list && (event.stream->event == EventType::other || event.stream->symbol.empty())) {
    return read_list(event) ? FrameKind::events : FrameKind::malformed;
  }
  if (!data_is_object) return FrameKind::malformed;
  if (*earlier_why != '\0') event.why = earlier_why;
  return read_data(event) ? FrameKind::event : FrameKind::malformed;
}

}  // namespace sluice::binance
