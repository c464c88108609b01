// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include <algorithm>
#include <optional>

#include "sluice/safe_text.hpp"
#include "stream_table.hpp"
#include "stream_url.hpp"

namespace sluice::binance {
namespace {

constexpr int64_t second_ns = 1'000'000'000;
constexpr int64_t day_ns = 86'400 * second_ns;
constexpr int64_t mebibyte = 1024 * 1024;
constexpr size_t most_streams = 1024;     // the exchange's limit for one connection
constexpr size_t longest_target = 8'000;  // longer ones were seen to fail

int64_t or_default(Config value, int64_t fallback) { return value.present() ? value.integer() : fallback; }

constexpr std::string_view time_unit_parameter = "timeUnit";

/// The option and the query, of which each may be silent.
std::string read_time_unit(Config option, Options& options) {
  std::optional<std::string> in_url;
  if (const auto value = parameter_in(options.endpoint.query, time_unit_parameter)) in_url = net::ascii_upper(*value);
  options.microseconds = in_url ? *in_url == "MICROSECOND" : option.text() == "us";
  if (in_url) {
    if (!options.microseconds && *in_url != "MILLISECOND") {
      return "the url says timeUnit=" + safe_text(*in_url, 40) + ", which is not MILLISECOND or MICROSECOND";
    }
    if (option.present() && options.microseconds != (option.text() == "us")) {
      return "the url says timeUnit=" + *in_url + ", and time_unit is " + std::string(option.text()) + "; drop one";
    }
  } else if (options.microseconds) {
    if (!options.endpoint.query.empty()) options.endpoint.query += '&';
    options.endpoint.query += "timeUnit=MICROSECOND";
  }
  return {};
}

/// The option that parse_options refuses.
Config place_of_error(Config config) {
  const Config url = config["url"], time_unit = config["time_unit"], rest = config["repair"]["rest"];
  const Result<net::Endpoint> endpoint = parse_stream_url(url.text());
  if (!endpoint) return url;
  Options scratch;
  scratch.endpoint = *endpoint;
  if (!read_time_unit(time_unit, scratch).empty()) return time_unit.present() ? time_unit : url;
  if (rest.present() && !parse_rest_url(rest.text())) return rest;
  return config["proxy"].present() ? config["proxy"] : url;
}

}  // namespace

Result<Options> parse_options(Config config) {
  Options parsed;
  Result<net::Endpoint> endpoint = parse_stream_url(config["url"].text());
  if (!endpoint) return endpoint.error();
  parsed.endpoint = *endpoint;
  if (const std::string why = read_time_unit(config["time_unit"], parsed); !why.empty()) return operator_needed(why);
  Result<std::optional<net::Proxy>> proxy = net::choose_proxy(config["proxy"].text(), parsed.endpoint);
  if (!proxy) return proxy.error();
  parsed.proxy = *std::move(proxy);
  const Config symbols = config["symbols"];
  for (uint64_t i = 0; i < symbols.size(); ++i) parsed.symbols.push_back(spelled_symbol(symbols[i].text()));
  const Config streams = config["streams"];
  for (uint64_t i = 0; i < streams.size(); ++i) parsed.stream_types.emplace_back(streams[i].text());
  const Config reconnect = config["reconnect"];
  parsed.reconnect_first_ns = or_default(reconnect["first"], second_ns);
  parsed.reconnect_max_ns = or_default(reconnect["max"], 60 * second_ns);
  parsed.connect_deadline_ns = or_default(config["connect_deadline"], 10 * second_ns);
  parsed.read_deadline_ns = or_default(config["read_deadline"], 30 * second_ns);
  parsed.data_deadline_ns = or_default(config["data_deadline"], 60 * second_ns);
  parsed.stop_reading_limit_ns = or_default(config["stop_reading_limit"], 40 * second_ns);
  parsed.max_frame_bytes = static_cast<uint64_t>(or_default(config["max_frame"], mebibyte));
  parsed.ca_file = config["ca_file"].text();
  parsed.discard_malformed = config["malformed"].present();
  if (const Config repair = config["repair"]; repair.present()) {
    Result<RepairOptions> options = parse_repair_options(repair, config["proxy"].text(), parsed.microseconds);
    if (!options) return options.error();
    parsed.repair = *std::move(options);
  }
  return parsed;
}

std::vector<std::string> stream_names(const Options& options) {
  std::vector<std::string> names;
  for (StreamName& each : make_stream_names(options.symbols, options.stream_types)) {
    names.push_back(std::move(each.name));
  }
  return names;
}

net::Route make_route(const Options& options, SSL_CTX* tls, int64_t time_limit_ns) {
  net::Route route;
  route.endpoint = options.endpoint;
  route.proxy = options.proxy;
  route.target = stream_target(options.endpoint, stream_names(options));
  route.tls = options.endpoint.tls ? tls : nullptr;
  route.time_limit_ns = time_limit_ns;
  route.time_limit_option = "connect_deadline";
  route.advice = &status_advice;
  return route;
}

/// What records can have as stream_type, and as symbol where no stream is one of all symbols; gaps are only known of
/// streams whose ids say so.
void describe_values(const std::vector<StreamName>& names, Description& description) {
  const bool has_all =
      std::any_of(names.begin(), names.end(), [](const StreamName& one) { return one.symbol.empty(); });
  for (const StreamName& one : names) {
    description.value("out", "stream_type", one.type);
    if (!has_all) description.value("out", "symbol", one.symbol);
    if (one.symbol.empty() || event_type(one.type) == EventType::other) continue;
    description.value("gaps", "stream_type", one.type);
    description.value("gaps", "symbol", one.symbol);
  }
}

/// Some attributes are absent where a stream's payloads do not have the field. What is repaired has no time of its
/// event.
void describe_fields(const std::vector<StreamName>& names, bool has_repair, Description& description) {
  const auto describe = [&](auto is_there, auto provides, auto may_provide) {
    bool is_always = true;
    for (const StreamName& one : names) {
      if (is_there(one, event_type(one.type))) continue;
      is_always = false;
      may_provide(one.type);
    }
    if (is_always) provides();
  };
  // A stream of one symbol gives its own where the payload names none.
  describe([](const StreamName& name, EventType event) { return event != EventType::other || !name.symbol.empty(); },
           [&] { description.provides_text("symbol"); },
           [&](const std::string& type) { description.may_provide_text("symbol", "stream_type", type); });
  describe([](const StreamName&, EventType event) { return event != EventType::other; },
           [&] { description.provides_integer("id"); },
           [&](const std::string& type) { description.may_provide_integer("id", "stream_type", type); });
  const auto is_trade = [](EventType event) { return event == EventType::trade || event == EventType::agg_trade; };
  describe([&](const StreamName&, EventType event) { return is_trade(event) && !has_repair; },
           [&] { description.provides_time("event_time"); },
           [&](const std::string& type) { description.may_provide_time("event_time", "stream_type", type); });
  describe([&](const StreamName&, EventType event) { return is_trade(event); },
           [&] { description.provides_time("trade_time"); },
           [&](const std::string& type) { description.may_provide_time("trade_time", "stream_type", type); });
}

/// Of the streams whose ids say what is missing. Of all series of that kind, once.
void describe_series(const std::vector<StreamName>& names, Description& description) {
  const auto has = [&](EventType event) {
    return std::any_of(names.begin(), names.end(),
                       [&](const StreamName& one) { return event_type(one.type) == event; });
  };
  sluice_series series{};
  series.struct_size = sizeof series;
  series.key = to_str("s");
  const auto declare = [&](const char* name, uint32_t rule, const char* id) {
    series.name = to_str(name);
    series.rule = rule;
    series.id = to_str(id);
    description.series(series);
  };
  if (has(EventType::book_ticker)) declare("bookTicker", SLUICE_SERIES_RISING, "u");
  series.field = to_str("e");
  series.time = to_str("T");
  series.price = to_str("p");
  series.quantity = to_str("q");
  if (has(EventType::trade)) {
    series.value = to_str("trade");
    declare("trade", SLUICE_SERIES_CONSECUTIVE, "t");
  }
  if (has(EventType::agg_trade)) {
    series.value = to_str("aggTrade");
    series.folds = to_str("trade");
    series.folds_first = to_str("f");
    series.folds_last = to_str("l");
    declare("aggTrade", SLUICE_SERIES_CONSECUTIVE, "a");
  }
}

void describe_node(Config config, Description& description) {
  description.output("out");
  if (config["malformed"].present()) {
    description.optional_output("malformed");
  } else {
    description.output("malformed");
  }
  description.optional_output("gaps");
  for (const char* text : {"stream", "stream_type"}) description.provides_text(text);
  description.may_provide_text("origin");
  description.replay(Replay::none, "a websocket cannot replay");

  check_names(config["symbols"], config["streams"], description);
  const Result<Options> parsed = parse_options(config);
  if (!parsed) {
    describe_fields({}, false, description);
    description.problem(place_of_error(config), parsed.error().message);
    return;
  }
  const std::vector<StreamName> streams = make_stream_names(parsed->symbols, parsed->stream_types);
  describe_fields(streams, parsed->repair.has_value(), description);
  describe_values(streams, description);
  describe_series(streams, description);
  // The largest message at once in the read buffer, in pieces and whole, and simdjson's index of it, which takes up to
  // six bytes for each of its own; TLS, usual read buffers and tables take the rest.
  description.memory_bytes(
      mebibyte + 12 * static_cast<int64_t>(parsed->max_frame_bytes) +
      (parsed->repair ? repair_memory_bytes + static_cast<int64_t>(parsed->repair->hold.bytes) : 0));
  if (parsed->repair) {
    describe_repair(*parsed->repair, parsed->endpoint, parsed->stream_types, config["repair"], description);
  }
  if (parsed->reconnect_max_ns < parsed->reconnect_first_ns) {
    description.problem(config["reconnect"]["max"], "reconnect.max is shorter than reconnect.first; make it longer");
  }
  if (!parsed->ca_file.empty() && !parsed->needs_tls()) {
    description.warning(config["ca_file"], "ca_file has no effect, as the url is ws:// and not wss://");
  }
  const std::vector<std::string> names = stream_names(*parsed);
  if (names.size() > most_streams) {
    description.problem(config["streams"], std::to_string(names.size()) +
                                               " streams are more than the 1024 that one connection may carry; use "
                                               "several binance_ws nodes");
  } else if (stream_target(parsed->endpoint, names).size() > longest_target) {
    description.warning(config["streams"],
                        "the address of all streams is longer than 8000 bytes, which the exchange has been seen to "
                        "refuse; use several binance_ws nodes");
  }
}

}  // namespace sluice::binance
