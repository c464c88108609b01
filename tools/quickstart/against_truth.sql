-- The rows of a quick start against the simulated exchange's own account, one line an event:
-- "SYMBOL TYPE ID PRICE QUANTITY ...". A gap is an event of which a later one of the same stream arrived; what came
-- after the last row of its stream was still on the wire when the run ended.
create temp table truth as
  with a as (select text, instr(text, ' ') as p from line),
       b as (select substr(text, 1, p - 1) as symbol, substr(text, p + 1) as rest from a),
       c as (select symbol, substr(rest, 1, instr(rest, ' ') - 1) as type, substr(rest, instr(rest, ' ') + 1) as rest from b)
  select symbol, type, cast(rest as integer) as id,
         substr(rest, instr(rest, ' ') + 1) as numbers from c;
create temp table landed as
  select symbol, event_type as type, trade_id as id, price || ' ' || quantity as numbers from trades
  union all
  select symbol, 'bookTicker', update_id,
         best_bid_price || ' ' || best_bid_qty || ' ' || best_ask_price || ' ' || best_ask_qty from book_ticker;
create index temp.truth_id on truth(symbol, type, id);
create index temp.landed_id on landed(symbol, type, id);
create temp table newest as select symbol, type, max(id) as id from landed group by symbol, type;
select 'sent by the exchange ' || (select count(*) from truth)
    || ', rows ' || (select count(*) from landed)
    || ', gaps ' || (select count(*) from truth t join newest n using (symbol, type)
                      where t.id <= n.id and not exists (select 1 from landed l
                        where l.symbol = t.symbol and l.type = t.type and l.id = t.id))
    || ', repeats ' || (select count(*) - count(distinct symbol || ' ' || type || ' ' || id) from landed)
    || ', rows that differ ' || (select count(*) from landed l where not exists (select 1 from truth t
                        where t.symbol = l.symbol and t.type = l.type and t.id = l.id and t.numbers = l.numbers))
    || ', still on the wire at the end ' || (select count(*) from truth t left join newest n using (symbol, type)
                      where n.id is null or t.id > n.id);
