-- SPDX-License-Identifier: Apache-2.0
-- Optional, for psql, after schema.sql: features of TimescaleDB's Community edition (the image timescale/timescaledb; not
-- Debian's package). With another edition, it says so and changes nothing. It is safe to run again.
\set ON_ERROR_STOP on
SELECT coalesce(current_setting('timescaledb.license', true), 'none') AS license,
       coalesce(current_setting('timescaledb.license', true), '') = 'timescale' AS is_community \gset
\if :is_community
\echo 'TimescaleDB Community edition: compression, retention and candles follow'

-- Chunks older than a week are compressed. The sink works as before, because the unique indexes also apply there.
ALTER TABLE trades SET (timescaledb.compress, timescaledb.compress_segmentby = 'symbol',
                        timescaledb.compress_orderby = 'event_time DESC, trade_id');
ALTER TABLE book_ticker SET (timescaledb.compress, timescaledb.compress_segmentby = 'symbol',
                             timescaledb.compress_orderby = 'ingestion_ts DESC, update_id');
SELECT add_compression_policy('trades', interval '7 days', if_not_exists => true);
SELECT add_compression_policy('book_ticker', interval '7 days', if_not_exists => true);

-- Quotes are kept for thirty days, trades for a year. A replayed record that is older than that is stored again.
SELECT add_retention_policy('book_ticker', interval '30 days', if_not_exists => true);
SELECT add_retention_policy('trades', interval '365 days', if_not_exists => true);

-- One candle per minute and symbol, from single trades (an aggTrade repeats them).
CREATE MATERIALIZED VIEW IF NOT EXISTS candles_1m WITH (timescaledb.continuous) AS
SELECT time_bucket(interval '1 minute', event_time) AS minute, symbol,
       first(price, trade_id) AS open, max(price) AS high, min(price) AS low, last(price, trade_id) AS close,
       sum(quantity) AS volume, count(*) AS trades
  FROM trades WHERE event_type = 'trade' GROUP BY minute, symbol WITH NO DATA;
SELECT add_continuous_aggregate_policy('candles_1m', start_offset => interval '1 hour', end_offset => interval '1 minute',
                                       schedule_interval => interval '1 minute', if_not_exists => true);
\else
\echo 'nothing to do: schema.sql is enough to run, and compression, retention and continuous aggregates are in the Community edition only; timescaledb.license here:' :license
\endif
