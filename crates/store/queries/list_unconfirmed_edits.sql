-- A dead letter stays on the screen until a person settled it: the hub keeps it, but cannot read it.
SELECT o.op_id, o.kind, o.version, o.at, o.staff_id, o.hlc_ms, o.hlc_counter, o.payload, o.redoes
FROM outbox_touch t JOIN outbox o ON o.local_no = t.local_no
WHERE t.kind = :kind AND t.id = :id AND t.edits = 1
  AND ((o.state = 'dead' AND NOT EXISTS (SELECT 1 FROM settled s WHERE s.op_id = o.op_id))
    OR (o.state IN ('waiting', 'sealed', 'acked') AND o.confirmed_seq IS NULL))
ORDER BY t.local_no
