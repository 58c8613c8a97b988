SELECT
    (SELECT count(*) FROM outbox WHERE state IN ('waiting', 'sealed')) AS waiting,
    (SELECT count(*) FROM outbox WHERE state = 'acked') AS acked,
    -- A refused claim is a conflict from when the hub's word on it is here; until then it is stuck.
    (SELECT count(*) FROM outbox o
     WHERE o.state IN ('dead', 'refused')
       AND NOT EXISTS (SELECT 1 FROM settled s WHERE s.op_id = o.op_id)
       AND (o.state = 'dead' OR NOT EXISTS (
           SELECT 1 FROM entity_base e WHERE e.kind = 'conflict' AND e.id = o.op_id))) AS stuck,
    (SELECT count(*) FROM outbox WHERE state = 'refused') AS refused,
    (SELECT count(*) FROM conflict WHERE status = 'open')
        + (SELECT count(*) FROM clash WHERE decided_at IS NULL) AS conflicts,
    (SELECT at FROM outbox
     WHERE local_no IN (
         (SELECT min(local_no) FROM outbox WHERE state = 'waiting'),
         (SELECT min(local_no) FROM outbox WHERE state = 'sealed'))
     ORDER BY local_no LIMIT 1) AS oldest_waiting_at
