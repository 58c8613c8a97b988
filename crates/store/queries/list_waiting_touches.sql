SELECT t.local_no, t.kind, t.id
FROM outbox o JOIN outbox_touch t ON t.local_no = o.local_no
WHERE o.state = 'waiting' AND o.local_no <= :last ORDER BY t.local_no
