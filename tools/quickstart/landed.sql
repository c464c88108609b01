-- What a quick start put into its tables, for a person to look at.
.mode column
.headers on
select 'trades' as "table", event_type, symbol, count(*) as rows, min(event_time) as first, max(event_time) as last
  from trades group by event_type, symbol
union all
select 'book_ticker', 'bookTicker', symbol, count(*), min(ingestion_ts), max(ingestion_ts) from book_ticker group by symbol;
.print
select event_time, symbol, event_type, trade_id, price, quantity, is_buyer_maker from trades order by rowid desc limit 3;
.print
select ingestion_ts, symbol, update_id, best_bid_price, best_bid_qty, best_ask_price, best_ask_qty
  from book_ticker order by rowid desc limit 3;
.print
