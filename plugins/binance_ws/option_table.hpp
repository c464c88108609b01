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
    option::text("stream", "What follows the @ in a stream's name; of a stream of all symbols the whole name.");
inline constexpr sluice_str time_units[] = {to_str("ms"), to_str("us")};
inline constexpr sluice_str malformed_choices[] = {to_str("discard")};

inline constexpr sluice_option reconnect_fields[] = {
    option::duration("first", "The first wait; each next one is twice as long.")
        .or_else("1s")
        .between(1'000'000, longest_ns),
    option::duration("max", "The longest wait.").or_else("60s").between(1'000'000, longest_ns),
};

inline constexpr sluice_option option_table[] = {
    option::text("url", "The exchange, as wss:// or ws://.")
        .or_else("wss://stream.binance.com:9443")
        .such_as("wss://data-stream.binance.vision:443"),
    option::list("symbols", "Whose streams to take; required unless each of the streams is of all symbols.",
                 symbol_item)
        .one_or_list()
        .such_as("[BTCUSDT, ETHUSDT]")
        .between(1, 1024),
    option::list(
        "streams",
        "Which streams of each symbol: trade, aggTrade, bookTicker, or another by its name, whose case counts; "
        "and streams of all symbols, such as !miniTicker@arr.",
        stream_item)
        .required()
        .one_or_list()
        .such_as("[trade, aggTrade, bookTicker]")
        .between(1, 1024),
    option::choice("malformed",
                   "What becomes of frames that no record can be made of, where port malformed is not wired.",
                   malformed_choices)
        .such_as("discard"),
    option::choice("time_unit",
                   "The unit of the times in payloads: ms, or us, for which the exchange is asked in the address. "
                   "Default: what timeUnit in url says, else ms.",
                   time_units)
        .such_as("us"),
    option::object(
        "reconnect",
        "How long to wait between connections: jittered, doubling until one has carried events and stood for "
        "ten seconds.",
        reconnect_fields),
    option::duration("read_deadline", "Without a single byte for this long the connection is given up.")
        .or_else("30s")
        .between(least_deadline_ns, longest_ns),
    option::duration("data_deadline",
                     "Without an event of the streams for this long, whatever else comes, the connection is given up.")
        .or_else("60s")
        .between(least_deadline_ns, longest_ns),
    option::duration("connect_deadline", "The longest that resolving, connecting, TLS and upgrade may take together.")
        .or_else("10s")
        .between(least_deadline_ns, longest_ns)
        .advanced(),
    option::duration(
        "stop_reading_limit",
        "With no room downstream for this long the connection is closed, ahead of the exchange, which cuts "
        "off a client that answers no ping for 60s.")
        .or_else("40s")
        .between(least_deadline_ns, longest_ns)
        .advanced(),
    option::size("max_frame", "A message larger than this closes the connection.")
        .or_else("1MiB")
        .between(1024, 256 << 20)
        .advanced(),
    option::text(
        "proxy",
        "The HTTP proxy that leads to the exchange, or none. Where it is not written, HTTPS_PROXY, ALL_PROXY and "
        "NO_PROXY of the environment count.")
        .secret()
        .such_as("http://proxy.example:3128")
        .advanced(),
    option::text("ca_file", "Certificates to trust besides the system's, as PEM.")
        .such_as("/etc/ssl/test-ca.pem")
        .advanced(),
};

}  // namespace sluice::binance
