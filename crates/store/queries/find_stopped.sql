SELECT o.kind, o.version, o.payload, o.at, o.staff_id, o.reason, o.redoes
FROM outbox o
WHERE o.op_id = :op_id AND o.state IN ('dead', 'refused')
  AND NOT EXISTS (SELECT 1 FROM settled s WHERE s.op_id = o.op_id)
