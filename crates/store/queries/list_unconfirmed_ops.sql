SELECT o.op_id, o.kind, o.version, o.at, o.staff_id, o.hlc_ms, o.hlc_counter, o.payload, o.redoes FROM outbox o
WHERE o.state IN ('waiting', 'sealed', 'acked')
   OR (o.state = 'dead' AND NOT EXISTS (SELECT 1 FROM settled s WHERE s.op_id = o.op_id))
ORDER BY o.local_no
