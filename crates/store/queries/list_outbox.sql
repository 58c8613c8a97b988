SELECT o.op_id, o.kind, o.class, o.at, o.reason, coalesce(s.name, '') AS staff, coalesce(j.subject, '') AS subject
FROM outbox o
LEFT JOIN journal j ON j.op_id = o.op_id
LEFT JOIN staff s ON s.id = o.staff_id
WHERE o.state IN (:state, :other_state)
ORDER BY o.local_no
LIMIT :limit
