-- With an operation's id that one, else all that are not settled.
SELECT o.op_id, o.kind, o.version, o.class, o.at, o.staff_id, o.payload, o.state, o.reason,
       o.incarnation, o.seq, o.hash,
       coalesce(p.name, '') AS staff, coalesce(j.subject, '') AS subject,
       iif(o.kind IN ('sale_completed', 'sale_refunded'), json_extract(o.payload, '$.total.minor'), NULL) AS amount_minor,
       iif(o.kind IN ('sale_completed', 'sale_refunded'), json_extract(o.payload, '$.total.currency'), NULL) AS amount_currency
FROM outbox o
LEFT JOIN journal j ON j.op_id = o.op_id
LEFT JOIN staff p ON p.id = o.staff_id
WHERE o.op_id = :op_id
   OR (:op_id IS NULL AND (o.state IN ('waiting', 'sealed')
       OR (o.state IN ('dead', 'refused') AND NOT EXISTS (SELECT 1 FROM settled s WHERE s.op_id = o.op_id))))
ORDER BY o.local_no
