// SPDX-License-Identifier: Apache-2.0
// A good graph with everything that a graph can say, for tests that read it and for tests that break it.
// Shared helpers to read a text with a fixed environment.
#pragma once
#include <map>
#include <string>

#include "graph/spec_reader.hpp"

namespace sluice::engine::testing {

struct Read {
  SourceText source;
  Diagnostics diagnostics;
  GraphSpec spec;
};

inline Read read(const std::string& text, std::map<std::string, std::string> variables = {}) {
  Read result{SourceText("graph.yaml", text), {}, {}};
  result.spec = read_graph(result.source, fixed_environment(std::move(variables)), result.diagnostics);
  return result;
}

inline const std::string example = R"yaml(graph: binance

processes:                          # all in one by default
  ingest: { from: exchange,               http: "${HTTP_HOST:-127.0.0.1}:8081" }
  buffer: { from: [trade_log, quote_log], http: "${HTTP_HOST:-127.0.0.1}:8082" }

nodes:
  exchange:
    type: binance_ws
    url: ${BINANCE_WS_URL:-wss://stream.binance.com:9443}
    symbols: [BTCUSDT, ETHUSDT, BNBUSDT]
    streams: [trade, aggTrade, bookTicker]
    reconnect: { first: 1s, max: 60s }
    in_flight: { records: 1M, bytes: 512MiB }
  stamp: { type: stamp, field: ingestion_timestamp }
  route:
    type: route
    by: stream_type
    ports: { trades: [trade, aggTrade], quotes: [bookTicker] }
    otherwise: discard              # or a port, or fail (the default)
  trade_log:                        # input half in `ingest`, output half in `buffer`
    type: kafka
    brokers: ${KAFKA_BROKERS:-localhost:9092}
    topic: binance.trades
    key: symbol
    partitions: { BTCUSDT: 0, ETHUSDT: 1, BNBUSDT: 2 }
    retention: 7d
    group: binance-buffer
  quote_log: { type: kafka, topic: binance.quotes }
  trade_batch: { type: batch, records: 500, within: 2s }
  trades:
    type: timescale
    url: ${TIMESCALE_URL:-postgresql://postgres@localhost:5433/market}
    table: trades
    columns:
      event_time: { from: T, as: timestamptz, unit: ms }
      event_type: { from: e, as: text }
      trade_id:   { from: [t, a], as: bigint }        # the first that is there
      price:      { from: p, as: "numeric(20,8)" }
  quotes: { type: timescale, table: book_ticker }
  rejects: { type: kafka, topic: binance.rejects }

edges:
  - exchange -> stamp -> route                        # a chain without buffers
  - from: route.trades
    to: trade_log
    buffer: { records: 500k, bytes: 256MiB }          # a buffer hands over to another thread
    when_full: block
  - { from: route.quotes, to: quote_log, buffer: { records: 10k, bytes: 64MiB }, when_full: { conflate: symbol } }
  - from: trade_log
    to: trade_batch
    commit: on_delivery
  - from: trade_batch
    to: trades
    dead_letter: rejects
  - from: quote_log
    to: quotes
    dead_letter: { to: rejects, stop_after: 50, buffer: { records: 2k, bytes: 8MiB } }
  - { from: exchange.malformed, to: rejects, buffer: { records: 1k, bytes: 16MiB } }

require: { trades: effectively_once, quotes: at_least_once }
)yaml";

}  // namespace sluice::engine::testing
