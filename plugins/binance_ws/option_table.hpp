// SPDX-License-Identifier: Apache-2.0
// The option table of `binance_ws`, as users see it: parsing, checks, schema and reference all come from it. Static
// data only; what the options mean to the program is in options.hpp.
#pragma once
#include "sluice/option.hpp"

namespace sluice::binance {

inline constexpr int64_t least_deadline_ns = 100'000'000;
inline constexpr int64_t longest_ns = 86'400'000'000'000;

inline constexpr sluice_option symbol_item = option::text("symbol", "A symbol in either case.");
inline constexpr sluice_option stream_item =
    option::text("stream", "The part of the stream name after the @, or the whole name of a stream of all symbols.");
inline constexpr sluice_str time_units[] = {to_str("ms"), to_str("us")};
inline constexpr sluice_str malformed_choices[] = {to_str("discard")};

inline constexpr sluice_option reconnect_fields[] = {
    option::duration("first", "The first wait. Each further wait is twice as long.")
        .or_else("1s")
        .between(1'000'000, longest_ns),
    option::duration("max", "The longest wait.").or_else("60s").between(1'000'000, longest_ns),
};

inline constexpr sluice_option repair_fields[] = {
    option::text("rest", "The exchange's REST interface, as https:// or http://. It may be on another host than url.")
        .required()
        .such_as("https://api.binance.com"),
    option::duration("hold", "Hold back the events of a stream after missing ids for at most this time.")
        .or_else("30s")
        .between(1'000'000, longest_ns),
    option::size("hold_bytes", "Hold back at most this much, of all streams together.")
        .or_else("64MiB")
        .between(64 * 1024, int64_t{4} << 30),
};

inline constexpr sluice_option option_table[] = {
    option::text("url", "The exchange, as wss:// or ws://.")
        .or_else("wss://stream.binance.com:9443")
        .such_as("wss://data-stream.binance.vision:443"),
    option::list("symbols", "The symbols to subscribe to. Required unless every stream is a stream of all symbols.",
                 symbol_item)
        .one_or_list()
        .such_as("[BTCUSDT, ETHUSDT]")
        .between(1, 1024),
    option::list(
        "streams",
        "The streams of each symbol: trade, aggTrade, bookTicker, or any other name, in the exact case. Also streams "
        "of all symbols, such as !miniTicker@arr.",
        stream_item)
        .required()
        .one_or_list()
        .such_as("[trade, aggTrade, bookTicker]")
        .between(1, 1024),
    option::choice("malformed", "What to do with frames that cannot become records, if port malformed has no edge.",
                   malformed_choices)
        .such_as("discard"),
    option::choice("time_unit",
                   "The unit of times in payloads: ms or us. With us, the node requests microseconds in the URL. "
                   "Default: timeUnit in url, else ms.",
                   time_units)
        .such_as("us"),
    option::object("reconnect",
                   "The wait between connections. It is random and doubles until a connection carries events and lasts "
                   "ten seconds.",
                   reconnect_fields),
    option::object("repair",
                   "Fetch trades and aggTrades that the websocket missed, by id, from the exchange's REST interface. "
                   "Default: missing ids are not fetched.",
                   repair_fields)
        .such_as("{ rest: https://api.binance.com }"),
    option::duration("read_deadline", "Close the connection after this time without any byte.")
        .or_else("30s")
        .between(least_deadline_ns, longest_ns),
    option::duration("data_deadline", "Close the connection after this time without an event of the streams.")
        .or_else("60s")
        .between(least_deadline_ns, longest_ns),
    option::duration("connect_deadline", "Limit for name resolution, TCP, TLS and upgrade together.")
        .or_else("10s")
        .between(least_deadline_ns, longest_ns)
        .advanced(),
    option::duration(
        "stop_reading_limit",
        "Close the connection after this time without room downstream. The exchange itself disconnects a client "
        "that answers no ping for 60s.")
        .or_else("40s")
        .between(least_deadline_ns, longest_ns)
        .advanced(),
    option::size("max_frame", "Close the connection at a message larger than this.")
        .or_else("1MiB")
        .between(1024, 256 << 20)
        .advanced(),
    option::text("proxy",
                 "The HTTP proxy for the exchange, or none. Default: HTTPS_PROXY, ALL_PROXY and NO_PROXY in the "
                 "environment.")
        .secret()
        .such_as("http://proxy.example:3128")
        .advanced(),
    option::text("ca_file", "PEM file of certificates to trust in addition to the system's.")
        .such_as("/etc/ssl/test-ca.pem")
        .advanced(),
};

}  // namespace sluice::binance
