-- A dead letter stays on the screen: the hub keeps it, and a person will see to it.
SELECT o.op_id, o.kind, o.version, o.at, o.staff_id, o.hlc_ms, o.hlc_counter, o.payload
FROM outbox_touch t JOIN outbox o ON o.local_no = t.local_no
WHERE t.kind = :kind AND t.id = :id AND t.edits = 1
  AND (o.state = 'dead' OR (o.state IN ('waiting', 'sealed', 'acked') AND o.confirmed_seq IS NULL))
ORDER BY t.local_no
