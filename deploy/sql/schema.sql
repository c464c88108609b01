-- SPDX-License-Identifier: Apache-2.0
-- The three tables of graphs/binance.yaml, for psql, the same as its `create: true` makes. It is safe to run again: existing
-- tables are not changed. On a PostgreSQL without TimescaleDB they are ordinary tables.
\set ON_ERROR_STOP on
SELECT count(*) > 0 AS has_timescaledb FROM pg_available_extensions WHERE name = 'timescaledb' \gset
\if :has_timescaledb
CREATE EXTENSION IF NOT EXISTS timescaledb;
\endif

-- event_time is the trade's own time T; trade_id is t of a trade, a of an aggTrade.
CREATE TABLE IF NOT EXISTS trades (
  event_time     timestamptz   NOT NULL,
  symbol         text          NOT NULL,
  event_type     text          NOT NULL,
  trade_id       bigint        NOT NULL,
  price          numeric(20,8) NOT NULL,
  quantity       numeric(20,8) NOT NULL,
  is_buyer_maker boolean       NOT NULL
);
CREATE TABLE IF NOT EXISTS book_ticker (
  ingestion_ts   timestamptz NOT NULL,
  symbol         text        NOT NULL,
  update_id      bigint      NOT NULL,
  best_bid_price numeric     NOT NULL,
  best_bid_qty   numeric     NOT NULL,
  best_ask_price numeric     NOT NULL,
  best_ask_qty   numeric     NOT NULL
);
-- Ids that the exchange's connection missed: one row when a gap is found, and one or several that close it. It has few
-- rows, so it is an ordinary table.
CREATE TABLE IF NOT EXISTS gaps (
  gap         text        NOT NULL,
  state       text        NOT NULL, -- found, repaired or permanent
  symbol      text        NOT NULL,
  stream      text        NOT NULL,
  stream_type text        NOT NULL,
  first_id    bigint,               -- of quotes: the update_id before the gap
  last_id     bigint,               -- of quotes: the update_id after the gap
  count       bigint,
  since       timestamptz,
  at          timestamptz NOT NULL,
  cause       text,
  reason      text
);

\if :has_timescaledb
SELECT create_hypertable('trades', by_range('event_time', interval '1 day'),
                         create_default_indexes => false, if_not_exists => true);
SELECT create_hypertable('book_ticker', by_range('ingestion_ts', interval '1 day'),
                         create_default_indexes => false, if_not_exists => true);
\endif

-- The conflict targets of the graph: a redelivered record is stored only once.
CREATE UNIQUE INDEX IF NOT EXISTS trades_symbol_event_type_trade_id_event_time_idx
  ON trades (symbol, event_type, trade_id, event_time);
CREATE UNIQUE INDEX IF NOT EXISTS book_ticker_symbol_update_id_ingestion_ts_idx
  ON book_ticker (symbol, update_id, ingestion_ts);
CREATE UNIQUE INDEX IF NOT EXISTS gaps_gap_state_at_idx ON gaps (gap, state, at);

CREATE INDEX IF NOT EXISTS trades_symbol_event_time_idx ON trades (symbol, event_time);
CREATE INDEX IF NOT EXISTS book_ticker_symbol_ingestion_ts_idx ON book_ticker (symbol, ingestion_ts);
CREATE INDEX IF NOT EXISTS gaps_symbol_at_idx ON gaps (symbol, at);
