SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'outbox'), 0) - (SELECT count(*) FROM outbox) AS missing
