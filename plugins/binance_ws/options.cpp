// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include <algorithm>

namespace sluice::binance {
namespace {

constexpr int64_t second_ns = 1'000'000'000;
constexpr int64_t day_ns = 86'400 * second_ns;
constexpr int64_t mebibyte = 1024 * 1024;
constexpr size_t most_streams = 1024;     // the exchange's limit for one connection
constexpr size_t longest_target = 8'000;  // longer ones were seen to fail

int64_t or_default(Config value, int64_t fallback) { return value.present() ? value.integer() : fallback; }

bool contains(const std::vector<std::string>& texts, const std::string& text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

/// What would break the list of names in the address, or can be in no symbol.
bool usable(std::string_view name, bool may_have_at) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return static_cast<unsigned char>(c) > ' ' && c != '/' && c != '"' && c != '\\' && c != 0x7f &&
           (may_have_at || c != '@');
  });
}

void check_names(Config list, bool may_have_at, const char* what, Description& description) {
  std::vector<std::string> seen;
  for (uint64_t i = 0; i < list.size(); ++i) {
    const std::string name = may_have_at ? std::string(list[i].text()) : ascii_upper(list[i].text());
    if (!usable(name, may_have_at)) {
      description.problem(list[i], "'" + name + "' cannot be a " + what + "; write it like " +
                                       (may_have_at ? "trade, aggTrade or bookTicker" : "BTCUSDT"));
    } else if (contains(seen, name)) {
      description.warning(list[i], std::string(what) + " " + name + " is named twice; once is enough");
    }
    seen.push_back(name);
  }
}

}  // namespace

Result<Options> parse_options(Config config) {
  Options parsed;
  Result<Endpoint> endpoint = parse_url(config["url"].text());
  if (!endpoint) return endpoint.error();
  parsed.endpoint = *endpoint;
  Result<std::optional<Proxy>> proxy = choose_proxy(config["proxy"].text(), parsed.endpoint);
  if (!proxy) return proxy.error();
  parsed.proxy = *std::move(proxy);
  const Config symbols = config["symbols"];
  for (uint64_t i = 0; i < symbols.size(); ++i) parsed.symbols.push_back(ascii_upper(symbols[i].text()));
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
  return parsed;
}

std::vector<std::string> stream_names(const Options& options) {
  std::vector<std::string> names;
  for (const std::string& symbol : options.symbols) {
    for (const std::string& type : options.stream_types) {
      std::string name = ascii_lower(symbol) + "@" + type;
      if (!contains(names, name)) names.push_back(std::move(name));
    }
  }
  return names;
}

Route make_route(const Options& options, SSL_CTX* tls, int64_t time_limit_ns) {
  Route route;
  route.endpoint = options.endpoint;
  route.proxy = options.proxy;
  route.target = stream_target(options.endpoint, stream_names(options));
  route.tls = tls;
  route.time_limit_ns = time_limit_ns;
  return route;
}

void describe_node(Config config, Description& description) {
  description.output("out");
  if (config["malformed"].present()) {
    description.optional_output("malformed");
  } else {
    description.output("malformed");
  }
  for (const char* text : {"stream", "stream_type", "symbol"}) description.provides_text(text);
  description.provides_integer("id");
  for (const char* time : {"event_time", "trade_time"}) description.provides_time(time);
  description.replay(Replay::none, "a websocket cannot replay");

  check_names(config["symbols"], false, "symbol", description);
  check_names(config["streams"], true, "stream", description);
  const Result<Options> parsed = parse_options(config);
  if (!parsed) {
    const bool url_is_well = parse_url(config["url"].text()).ok();
    description.problem(config[url_is_well && config["proxy"].present() ? "proxy" : "url"], parsed.error().message);
    return;
  }
  // The largest message at once in the read buffer, in pieces and whole, and simdjson's index of it, which takes up to
  // six bytes for each of its own; TLS, usual read buffers and tables take the rest.
  description.memory_bytes(mebibyte + 12 * static_cast<int64_t>(parsed->max_frame_bytes));
  if (parsed->reconnect_max_ns < parsed->reconnect_first_ns) {
    description.problem(config["reconnect"]["max"], "reconnect.max is shorter than reconnect.first; make it longer");
  }
  if (!parsed->ca_file.empty() && !parsed->endpoint.tls) {
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
