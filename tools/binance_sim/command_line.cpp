// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>

#include "moment.hpp"
#include "options.hpp"
#include "read_number.hpp"

namespace sluice::sim {
namespace {

constexpr const char* introduction =
    "An exchange for tests and for trying out: serves Binance's market streams over a websocket, made up or replayed,\n"
    "and the same trades over REST, at the same port.\n"
    "\n"
    "  binance_sim --port 0                           1,000 events a second of BTCUSDT, ETHUSDT and BNBUSDT\n"
    "  binance_sim --rate 0 --frames 1000000          a million frames, as fast as the client reads\n"
    "  binance_sim --tls --write-cert sim.pem         wss://localhost:9443, for a client that trusts sim.pem\n"
    "  binance_sim --capture btc.gz eth.gz --speed 10 recorded sessions, merged, ten times as fast\n"
    "  binance_sim --cut-at every:5000 --truth t.json cut every 5,000 frames, and the account of what was sent\n"
    "\n"
    "The first line on stdout says where it listens: `listening ws://127.0.0.1:9443`. Connect to\n"
    "/stream?streams=btcusdt@trade/btcusdt@aggTrade/btcusdt@bookTicker (and eth, bnb), /ws/<stream>, or /ws and\n"
    "SUBSCRIBE. REST has the same address: http://127.0.0.1:9443/api/v3/historicalTrades?symbol=BTCUSDT, and "
    "aggTrades,\n"
    "time and exchangeInfo. SIGTERM or Ctrl-C closes all connections and writes the truth.";

constexpr const char* endnote =
    "Faults strike after frame N, counted over the whole run; `every:N` repeats them, and an option may be given more\n"
    "than once. `2/` in front of N, where a connection is struck, means those of the second host. POST /sim?cut=2/\n"
    "strikes at once: names without `-at`, values without N. STREAM is a type (trade, aggTrade, bookTicker: each "
    "stream of it) or a name, btcusdt@trade, and "
    "counts\n"
    "its own events. Exit codes: 0 ended in order, 2 wrong options, 3 cannot listen, 4 a file cannot be read or "
    "written.";

struct Raw {
  std::string delay = "0s", lifetime = "24h";
  std::vector<std::string> also, quiet_at, silence_at, wild;
  std::string ping_interval = "20s", pong_timeout = "60s", weight_window = "1m", weight_ban = "2m", refuse;
  std::vector<std::string> close_at, cut_at, truncate_at, stall_at, malformed_at, shutdown_at;
  std::vector<std::string> drop, repeat, swap;
  std::string rest_behind = "0s";
  std::vector<std::string> rest_refuse_at, rest_delay_at, rest_cut_at, rest_garbage_at, rest_shift_at, rest_missing;
  std::int64_t start_ms = -1;
  bool no_truth_ids = false, pause_when_alone = false;
};

void add_market_options(CLI::App& app, Options& options, Raw& raw) {
  const char* group = "Market";
  app.add_option("--rate", options.rate, "Events a second over all nine streams; 0: as fast as they are taken")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str()
      ->group(group);
  app.add_option("--seed", options.seed, "Same seed, same events (times follow the clock; see --start-time)")
      ->capture_default_str()
      ->group(group);
  app.add_option("--symbols", options.symbols, "BTCUSDT, ETHUSDT, BNBUSDT, SIM4USDT and so on, so many")
      ->check(CLI::Range(3, 10'000))
      ->capture_default_str()
      ->group(group);
  app.add_option("--start-time", raw.start_ms, "Unix milliseconds at which generated times start, instead of the clock")
      ->check(CLI::NonNegativeNumber)
      ->group(group);
  app.add_option("--capture", options.captures, "Replay recorded frames (text or .gz); several are merged by time")
      ->group(group);
  app.add_option("--speed", options.speed, "Capture: times as fast as recorded; 0: flat out. --rate N overrules it")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str()
      ->group(group);
  app.add_flag("--all-frames", options.all_frames, "Send every recorded frame, whatever was subscribed")->group(group);
  app.add_flag("--live-clock", options.live_clock,
               "The market waits for nobody: what passes while no client is there is lost. Default: it waits")
      ->group(group);
  app.add_flag("--pause-when-alone", raw.pause_when_alone, "The market waits for its clients (the default)")
      ->group(group)
      ->excludes("--live-clock");
  app.add_option("--frames", options.frames, "Send N frames, then stay open without data; 0: no end")
      ->capture_default_str()
      ->group(group);
  app.add_flag("--close-after-frames", options.close_after_frames, "... then close the connections with 1000")
      ->group(group);
  app.add_flag("--exit-after-frames", options.exit_after_frames, "... then close the connections and exit")
      ->group(group);
}

void add_server_options(CLI::App& app, Options& options, Raw& raw) {
  const char* group = "Server";
  app.add_option("--host", options.host, "Address to listen on; the default is reachable from this machine only")
      ->capture_default_str()
      ->group(group);
  app.add_option("--port", options.port, "0 takes a free one, printed on the first line")
      ->capture_default_str()
      ->group(group);
  app.add_option("--port-file", options.port_file, "Also write the port to this file, a line for each host")
      ->group(group);
  app.add_option("--delay", raw.delay, "Each event leaves this host so much later")
      ->capture_default_str()
      ->group(group);
  app.add_option("--also", raw.also, "PORT[:delay] another host of the same market, at the same address")->group(group);
  app.add_flag("--tls", options.tls, "wss, with a self-signed certificate for localhost made at start")->group(group);
  auto* cert = app.add_option("--cert", options.certificate_path, "TLS certificate (PEM)")->group(group);
  auto* key = app.add_option("--key", options.key_path, "Its key (PEM)")->group(group);
  cert->needs(key, "--tls");
  key->needs(cert);
  app.add_option("--write-cert", options.write_certificate_path, "Write the certificate, for clients to trust")
      ->needs("--tls")
      ->group(group);
  app.add_option("--send-buffer", options.send_buffer_bytes, "Kernel send buffer of a connection in bytes")
      ->group(group);
  app.add_flag("--verbose", options.verbose, "A line on stderr for each connection")->group(group);
}

void add_rule_options(CLI::App& app, Options& options, Raw& raw) {
  const char* group = "Rules of the exchange";
  app.add_option("--lifetime", raw.lifetime, "Close 1001 a connection of this age; 0: none")
      ->capture_default_str()
      ->group(group);
  app.add_option("--ping-interval", raw.ping_interval, "A ping this often; 0: none")
      ->capture_default_str()
      ->group(group);
  app.add_option("--pong-timeout", raw.pong_timeout, "Close 1008 when a ping has not come back as it was")
      ->capture_default_str()
      ->group(group);
  app.add_option("--max-messages", options.messages_per_second, "From a client, a second, else close 1008; 0: no limit")
      ->capture_default_str()
      ->group(group);
  app.add_option("--max-connects", options.connects_per_five_minutes, "In five minutes, else HTTP 429; 0: no limit")
      ->capture_default_str()
      ->group(group);
}

void add_rest_options(CLI::App& app, Options& options, Raw& raw) {
  const char* group = "REST";
  app.add_option("--weight-limit", options.weights.limit, "REQUEST_WEIGHT of an address in a window; 0: no limit")
      ->capture_default_str()
      ->group(group);
  app.add_option("--weight-window", raw.weight_window, "From its first request on; above the limit 429 until it ends")
      ->capture_default_str()
      ->group(group);
  app.add_option("--weight-insist", options.weights.insist, "So many 429 in a window; the next is a ban, 418")
      ->capture_default_str()
      ->group(group);
  app.add_option("--weight-ban", raw.weight_ban, "How long a ban lasts")->capture_default_str()->group(group);
  app.add_option("--history", options.history_rows,
                 "Rows of each generated trade and aggTrade stream that REST keeps, the newest; 0: all")
      ->capture_default_str()
      ->group(group);
  app.add_flag("--rest-chunked", options.rest_chunked, "Bodies come in chunks, without Content-Length")->group(group);
  app.add_option("--rest-behind", raw.rest_behind, "REST has a row this long after the market issued it")
      ->capture_default_str()
      ->group(group);
}

void add_stream_fault_options(CLI::App& app, Raw& raw) {
  const char* group = "Faults within a live stream (REST has its events all the same)";
  app.add_option("--drop", raw.drop,
                 "STREAM:FIRST-LAST, ids, or STREAM:[every:]N[:count], events behind the N-th: do not send them")
      ->group(group);
  app.add_option("--repeat", raw.repeat, "The same forms: send each twice")->group(group);
  app.add_option("--swap", raw.swap, "The same forms: send each behind the one that follows it")->group(group);
  app.add_option("--wild", raw.wild, "The same forms: send each with an id that is 1,000,000,000 too large")
      ->group(group);
}

void add_rest_fault_options(CLI::App& app, Raw& raw) {
  const char* group = "Faults of REST (N is a request to REST)";
  app.add_option("--rest-refuse-at", raw.rest_refuse_at,
                 "[every:]N[:status[:seconds]] 429 for 1 s by default; 429 and 418 come with Retry-After")
      ->group(group);
  app.add_option("--rest-delay-at", raw.rest_delay_at, "[every:]N[:seconds] answer so much later (1)")->group(group);
  app.add_option("--rest-cut-at", raw.rest_cut_at, "[every:]N[:bytes] end TCP within the body; by default half way")
      ->group(group);
  app.add_option("--rest-garbage-at", raw.rest_garbage_at,
                 "[every:]N[:kind] 200 with text (the default), truncated, fields, types, junk (1 MiB)")
      ->group(group);
  app.add_option("--rest-shift-at", raw.rest_shift_at,
                 "[every:]N[:rows] begin so many rows (1) behind fromId, or before it")
      ->group(group);
  app.add_option("--rest-missing", raw.rest_missing, "STREAM:FIRST-LAST REST never has these ids")->group(group);
}

void add_fault_options(CLI::App& app, Options& options, Raw& raw) {
  const char* group = "Faults";
  app.add_option("--close-at", raw.close_at, "[every:]N[:code] close frame after N frames, 1001 by default")
      ->group(group);
  app.add_option("--cut-at", raw.cut_at, "[every:]N TCP reset, once the client's kernel has the N frames")
      ->group(group);
  app.add_option("--truncate-tls-at", raw.truncate_at, "[every:]N end of TCP without close frame and close_notify")
      ->group(group);
  app.add_option("--stall-at", raw.stall_at, "[every:]N[:seconds] pings, but no data; for ever by default")
      ->group(group);
  app.add_option("--malformed-at", raw.malformed_at,
                 "[every:]N[:kind] all (in turn), text, truncated, utf8, junk (1 MiB), fields, types, stream")
      ->group(group);
  app.add_option("--shutdown-at", raw.shutdown_at, "[every:]N[:seconds] serverShutdown, and close 1001 after seconds")
      ->group(group);
  app.add_option("--silence-at", raw.silence_at,
                 "[every:]N:STREAM[:seconds] a connection gets nothing of this stream; for ever by default")
      ->group(group);
  app.add_option("--quiet-at", raw.quiet_at, "[every:]N:seconds nothing is traded, and REST agrees")->group(group);
  app.add_option("--fragment-every", options.fragment_every,
                 "Every N-th frame in two fragments, a ping between; 0: none")
      ->capture_default_str()
      ->group(group);
  app.add_option("--refuse", raw.refuse, "N[:status] answer the first N upgrades with this HTTP status (503)")
      ->group(group);
}

void add_truth_options(CLI::App& app, Options& options, Raw& raw) {
  const char* group = "Truth";
  app.add_option("--truth", options.truth_path, "Account of what was sent (JSON), at --frames and at the end")
      ->group(group);
  app.add_flag("--no-truth-ids", raw.no_truth_ids, "Leave out the list of book update ids (one byte of memory each)")
      ->group(group);
  app.add_option("--truth-rows", options.truth_rows_path, "A line per event: symbol type id price quantity")
      ->group(group);
}

std::optional<Failure> read_refusal(const std::string& text, Options& options) {
  if (text.empty()) return std::nullopt;
  const std::size_t colon = text.find(':');
  bool good = read_number(std::string_view(text).substr(0, colon), options.refuse_connects);
  if (good && colon != std::string::npos)
    good = read_number(std::string_view(text).substr(colon + 1), options.refuse_status) &&
           options.refuse_status >= 300 && options.refuse_status <= 599;
  if (good) return std::nullopt;
  return Failure{exit_usage, fmt::format("--refuse {}: expected N[:status], a status being 300..599", text)};
}

std::optional<Failure> read_hosts(const Raw& raw, Options& options) {
  for (const std::string& text : raw.also) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    HostOptions host;
    const auto delay = colon == text.size() ? Duration{} : parse_duration(std::string_view(text).substr(colon + 1));
    if (!read_number(std::string_view(text).substr(0, colon), host.port) || !delay)
      return Failure{exit_usage, fmt::format("--also {}: expected PORT[:delay], such as 0:30ms", text)};
    host.delay = *delay;
    options.more_hosts.push_back(host);
  }
  return std::nullopt;
}

std::optional<Failure> read_quiet(const Raw& raw, Options& options) {
  for (const std::string& text : raw.quiet_at) {
    const std::optional<Moment> moment = read_moment(text);
    double seconds = 0;
    if (!moment || !moment->argument || !read_number(*moment->argument, seconds) || seconds < 0)
      return Failure{exit_usage, fmt::format("--quiet-at {}: expected [every:]N:seconds, N being a number of frames "
                                             "above 0",
                                             text)};
    options.quiet.push_back({moment->at, moment->every, in_seconds(seconds)});
  }
  return std::nullopt;
}

std::optional<Failure> read_stream_faults(const Raw& raw, Options& options) {
  const std::tuple<StreamFaultKind, const char*, const std::vector<std::string>*> faults[] = {
      {StreamFaultKind::drop, "--drop", &raw.drop},
      {StreamFaultKind::repeat, "--repeat", &raw.repeat},
      {StreamFaultKind::swap, "--swap", &raw.swap},
      {StreamFaultKind::wild, "--wild", &raw.wild}};
  for (const auto& [kind, name, texts] : faults)
    for (const std::string& text : *texts) {
      Outcome<StreamFault> fault = parse_stream_fault(kind, name, text);
      if (!fault) return fault.failure();
      options.stream_faults.push_back(*fault);
    }
  return std::nullopt;
}

std::optional<Failure> read_rest_faults(const Raw& raw, Options& options) {
  const std::tuple<RestFaultKind, const char*, const std::vector<std::string>*> faults[] = {
      {RestFaultKind::refuse, "--rest-refuse-at", &raw.rest_refuse_at},
      {RestFaultKind::delay, "--rest-delay-at", &raw.rest_delay_at},
      {RestFaultKind::cut, "--rest-cut-at", &raw.rest_cut_at},
      {RestFaultKind::garbage, "--rest-garbage-at", &raw.rest_garbage_at},
      {RestFaultKind::shift, "--rest-shift-at", &raw.rest_shift_at}};
  for (const auto& [kind, name, texts] : faults)
    for (const std::string& text : *texts) {
      Outcome<RestFault> fault = parse_rest_fault(kind, name, text);
      if (!fault) return fault.failure();
      options.rest_faults.add(*fault);
    }
  for (const std::string& text : raw.rest_missing) {
    Outcome<IdRange> range = parse_id_range("--rest-missing", text);
    if (!range) return range.failure();
    options.rest_missing.push_back(*range);
  }
  return std::nullopt;
}

std::optional<Failure> read_raw(const Raw& raw, Options& options) {
  const std::pair<const char*, std::pair<const std::string*, Duration*>> durations[] = {
      {"--delay", {&raw.delay, &options.delay}},
      {"--lifetime", {&raw.lifetime, &options.lifetime}},
      {"--ping-interval", {&raw.ping_interval, &options.ping_interval}},
      {"--pong-timeout", {&raw.pong_timeout, &options.pong_timeout}},
      {"--weight-window", {&raw.weight_window, &options.weights.window}},
      {"--weight-ban", {&raw.weight_ban, &options.weights.ban}},
      {"--rest-behind", {&raw.rest_behind, &options.rest_behind}}};
  for (const auto& [name, pair] : durations) {
    const auto value = parse_duration(*pair.first);
    if (!value)
      return Failure{exit_usage, fmt::format("{} {}: expected a time such as 20s or 500ms", name, *pair.first)};
    *pair.second = *value;
  }
  const std::tuple<FaultKind, const char*, const std::vector<std::string>*> faults[] = {
      {FaultKind::malformed, "--malformed-at", &raw.malformed_at},
      {FaultKind::silence, "--silence-at", &raw.silence_at},
      {FaultKind::stall, "--stall-at", &raw.stall_at},
      {FaultKind::shutdown, "--shutdown-at", &raw.shutdown_at},
      {FaultKind::close, "--close-at", &raw.close_at},
      {FaultKind::cut, "--cut-at", &raw.cut_at},
      {FaultKind::truncate, "--truncate-tls-at", &raw.truncate_at}};
  for (const auto& [kind, name, texts] : faults)
    for (const std::string& text : *texts) {
      Outcome<Fault> fault = parse_fault(kind, name, text);
      if (!fault) return fault.failure();
      options.faults.add(*fault);
    }
  if (auto failure = read_hosts(raw, options)) return failure;
  if (auto failure = read_quiet(raw, options)) return failure;
  if (auto failure = read_stream_faults(raw, options)) return failure;
  if (auto failure = read_rest_faults(raw, options)) return failure;
  if (raw.start_ms >= 0) options.start_ms = raw.start_ms;
  options.truth_ids = !raw.no_truth_ids;
  return read_refusal(raw.refuse, options);
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  const double seconds = unit.empty() || unit == "s" ? 1
                         : unit == "ms"              ? 1e-3
                         : unit == "m"               ? 60
                         : unit == "h"               ? 3600
                                                     : 0;
  if (seconds == 0 || number * seconds > 1e8) return std::nullopt;
  return in_seconds(number * seconds);
}

CommandLine parse_command_line(int argc, const char* const* argv) {
  CommandLine line;
  Raw raw;
  CLI::App app(introduction, "binance_sim");
  app.footer(endnote);
  add_server_options(app, line.options, raw);
  add_market_options(app, line.options, raw);
  add_rule_options(app, line.options, raw);
  add_rest_options(app, line.options, raw);
  add_fault_options(app, line.options, raw);
  add_stream_fault_options(app, raw);
  add_rest_fault_options(app, raw);
  add_truth_options(app, line.options, raw);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    line.exit_code = 0;
    line.text = app.help();
    return line;
  } catch (const CLI::ParseError& error) {
    line.exit_code = exit_usage;
    line.text = fmt::format("binance_sim: {}; see binance_sim --help\n", error.what());
    return line;
  }
  line.options.rate_given = app.count("--rate") > 0 && line.options.rate > 0;
  if (app.count("--rate") > 0 && line.options.rate == 0 && !line.options.captures.empty()) line.options.speed = 0;
  if (const auto failure = read_raw(raw, line.options)) {
    line.exit_code = failure->exit_code;
    line.text = fmt::format("binance_sim: {}; see binance_sim --help\n", failure->message);
  }
  return line;
}

}  // namespace sluice::sim
