SELECT
    (SELECT count(*) FROM outbox WHERE state IN ('waiting', 'sealed')) AS waiting,
    (SELECT count(*) FROM outbox WHERE state = 'acked') AS acked,
    (SELECT count(*) FROM outbox WHERE state = 'dead') AS stuck,
    (SELECT count(*) FROM outbox WHERE state = 'refused') AS refused,
    (SELECT count(*) FROM conflict WHERE status = 'open') AS conflicts,
    (SELECT min(at) FROM outbox WHERE state IN ('waiting', 'sealed')) AS oldest_waiting_at
