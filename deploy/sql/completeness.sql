-- SPDX-License-Identifier: Apache-2.0
-- Queries, for psql, that show whether events are missing. They read the tables of graphs/binance.yaml.

-- Gaps that are open: found, and not closed by as many ids. A gap of quotes has no number of ids, and one row closes it.
SELECT found.at, found.stream, found.first_id, found.last_id, found.count,
       coalesce(sum(closed.count), 0) AS closed, found.cause
  FROM gaps found LEFT JOIN gaps closed ON closed.gap = found.gap AND closed.state <> 'found'
 WHERE found.state = 'found'
 GROUP BY found.gap, found.at, found.stream, found.first_id, found.last_id, found.count, found.cause
HAVING count(closed.gap) = 0 OR sum(closed.count) < found.count
 ORDER BY found.at;

-- Ids that are missing between the first and the last trade of each symbol. No row: all are there. Ids of aggTrade follow
-- one another as well. `permanent` says why the exchange could not give them again; where it is empty, the gap is open.
SELECT hole.symbol, hole.event_type, hole.first_id, hole.last_id, hole.last_id - hole.first_id + 1 AS missing,
       string_agg(DISTINCT gaps.reason, '; ') AS permanent
  FROM (SELECT symbol, event_type, trade_id - 1 AS last_id,
               1 + lag(trade_id) OVER (PARTITION BY symbol, event_type ORDER BY trade_id) AS first_id
          FROM trades WHERE event_time > now() - interval '1 day') hole
  LEFT JOIN gaps ON gaps.state = 'permanent' AND gaps.symbol = hole.symbol AND gaps.stream_type = hole.event_type
        AND coalesce(gaps.first_id, 0) <= hole.last_id AND gaps.last_id >= hole.first_id
 WHERE hole.first_id <= hole.last_id
 GROUP BY hole.symbol, hole.event_type, hole.first_id, hole.last_id
 ORDER BY hole.symbol, hole.event_type, hole.first_id;
