-- SPDX-License-Identifier: Apache-2.0
-- Queries, for psql, that show whether events are missing. They read the tables of graphs/binance.yaml.

-- Gaps that are open, with the ids that no row closes. After a kill, rows of a later gap of the stream close them. A gap of
-- quotes has no number of ids, and its own row closes it.
SELECT *
  FROM (SELECT found.at, found.stream, found.first_id, found.last_id, found.count,
               int8multirange(int8range(found.first_id, found.last_id, '[]'))
                 - coalesce(range_agg(int8range(closed.first_id, closed.last_id, '[]')) FILTER (WHERE closed.gap IS NOT NULL), '{}')
                 AS open_ids, found.cause
          FROM gaps found
          LEFT JOIN gaps closed ON closed.state <> 'found' AND closed.stream = found.stream AND (closed.gap = found.gap
                OR found.count > 0 AND closed.count > 0 AND closed.first_id <= found.last_id AND closed.last_id >= found.first_id)
         WHERE found.state = 'found'
         GROUP BY found.gap, found.at, found.stream, found.first_id, found.last_id, found.count, found.cause) gap
 WHERE NOT isempty(open_ids)
 ORDER BY at;

-- Ids that are missing between the first and the last trade of each symbol. No row: all are there. Ids of aggTrade follow
-- one another as well. `permanent` says why the exchange could not give them again; where it is empty, the gap is open, or its process was killed.
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
