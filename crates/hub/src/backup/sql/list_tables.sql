SELECT CAST(tablename AS TEXT) AS name FROM pg_tables WHERE schemaname = $1 ORDER BY tablename
