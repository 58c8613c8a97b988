SELECT DISTINCT t.kind, t.id FROM outbox o JOIN outbox_touch t ON t.local_no = o.local_no
WHERE o.state IN ('waiting', 'sealed', 'acked', 'dead') AND t.edits = 1
