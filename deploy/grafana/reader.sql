-- The role that the dashboard uses in the database. It may read the three tables and nothing else.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sluice_reader') THEN
    CREATE ROLE sluice_reader LOGIN;
  END IF;
END
$$;
ALTER ROLE sluice_reader SET default_transaction_read_only = on;
ALTER ROLE sluice_reader SET statement_timeout = '30s';
GRANT USAGE ON SCHEMA public TO sluice_reader;
GRANT SELECT ON trades, book_ticker, gaps TO sluice_reader;
