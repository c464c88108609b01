-- SPDX-License-Identifier: Apache-2.0
-- Queries on the tables of events, for psql: candles of the last hour, and each trade with the quote before it.

-- Candles of one minute, from single trades.
SELECT time_bucket(interval '1 minute', event_time) AS minute, symbol,
       first(price, trade_id) AS open, max(price) AS high, min(price) AS low, last(price, trade_id) AS close,
       sum(quantity) AS volume
  FROM trades WHERE event_type = 'trade' AND event_time > now() - interval '1 hour'
 GROUP BY minute, symbol ORDER BY minute DESC, symbol LIMIT 30;

-- Each trade with the last quote before it, and its place in the spread.
SELECT t.event_time, t.symbol, t.price, q.best_bid_price, q.best_ask_price,
       t.price - (q.best_bid_price + q.best_ask_price) / 2 AS from_middle
  FROM trades t
  LEFT JOIN LATERAL (SELECT best_bid_price, best_ask_price FROM book_ticker b
                      WHERE b.symbol = t.symbol AND b.ingestion_ts <= t.event_time
                      ORDER BY b.ingestion_ts DESC LIMIT 1) q ON true
 WHERE t.event_type = 'trade' AND t.event_time > now() - interval '5 minutes'
 ORDER BY t.event_time DESC LIMIT 30;
