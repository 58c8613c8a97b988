SELECT t.kind, t.id FROM outbox o JOIN outbox_touch t ON t.local_no = o.local_no
WHERE o.op_id = :op_id AND t.edits = 1
